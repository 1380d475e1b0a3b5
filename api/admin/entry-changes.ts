/** Changes of what was published: the servers of managed sources. */
import { randomUUID } from 'node:crypto';
import { z } from 'zod';
import type { EntryRow } from '../../db/entries/entries.ts';
import type { AuditTarget } from '../../registry/audit.ts';
import { type Claims, isClaims } from '../../registry/claims.ts';
import { isJsonObject, textOf } from '../../registry/json.ts';
import { requireGrant } from '../access/permissions.ts';
import { idempotencyKey as writtenKey } from '../http/idempotency-key.ts';
import { jsonOf } from '../http/json-body.ts';
import { carryOut, publishVersion, versionsWrittenBy, writtenVersion } from './entry-writes.ts';
import { changeableServer, type ManagedServer, publishableServer } from './managed-server.ts';
import { change, type OperationContext } from './operation.ts';
import { bytesOfDocument, publishedDocument, refuseOtherVersion } from './published-document.ts';
import { inRegistry, publishingRegistry, serverName, serverVersion } from './publishing-registry.ts';
import { statusUpdate } from './status-update.ts';

const written = { ...inRegistry, idempotencyKey: writtenKey.default(randomUUID) };

/** server.json: as text or bytes it is kept as it was sent. */
const document = z
  .union([z.string(), z.instanceof(Buffer), z.looseObject({})])
  .transform((sent) =>
    jsonOf(typeof sent === 'string' || Buffer.isBuffer(sent) ? Buffer.from(sent) : bytesOfDocument(sent)),
  );

/** For each claim a text or a list of texts. */
const claimsInput = z.custom<Claims>(isClaims, 'expected for each claim text or a list of texts');

/**
 * Publishes a version. With `claims`, who reads the server must hold them; a name that is there already keeps its own,
 * which must be the same. Without, a new name requires what its source does.
 */
export const publishEntry = change({
  role: 'manageEntries',
  action: 'entry.publish',
  target: ({ registry, document: { value } }) => documentTarget(registry, value),
  input: z.object({ ...written, document, claims: claimsInput.optional() }),
  run: async (context, { registry, document: body, claims, idempotencyKey }): Promise<EntryRow> => {
    const published = publishedDocument(context, body);
    const server = await publishableServer(context, await publishingRegistry(context, registry), published.name);
    return await publishVersion(context, server, { published, claims: nonEmpty(claims), idempotencyKey });
  },
});

/** Replaces the document of a version, which must be of this name and version. */
export const replaceEntry = change({
  role: 'manageEntries',
  action: 'entry.update',
  target: entryTarget,
  input: z.object({ ...written, name: serverName, version: serverVersion, document }),
  run: async (context, { registry, name, version, document: body, idempotencyKey }): Promise<EntryRow> => {
    const published = publishedDocument(context, body);
    refuseOtherVersion(published, { name, version });
    const server = await serverToChange(context, { registry, name, version });
    const write = { kind: 'replace', ...published } as const;
    await carryOut(context, { server, idempotencyKey, write });
    return await writtenVersion(context, server, version);
  },
});

/** Sets the status of one version, or of all in one transaction; answers with the versions that were not so already. */
export const setEntryStatus = change({
  role: 'manageEntries',
  action: 'entry.status.update',
  target: entryTarget,
  input: statusUpdate.safeExtend({ ...written, name: serverName, version: serverVersion.optional() }),
  run: async (
    context,
    { registry, name, version = null, status, statusMessage, idempotencyKey },
  ): Promise<{ readonly updatedCount: number; readonly versions: readonly EntryRow[] }> => {
    const server = await serverToChange(context, { registry, name, version });
    const write = { kind: 'status', name, version, status, statusMessage: statusMessage || null } as const;
    const { entries, requestId } = await carryOut(context, { server, idempotencyKey, write });
    return { updatedCount: entries, versions: await versionsWrittenBy(context, server, requestId) };
  },
});

/** Deletes a version; a tombstone stays, and the version can't be published again. */
export const deleteEntry = change({
  role: 'manageEntries',
  action: 'entry.delete',
  target: entryTarget,
  input: z.object({ ...written, name: serverName, version: serverVersion }),
  run: async (context, { registry, name, version, idempotencyKey }): Promise<EntryRow> => {
    const server = await serverToChange(context, { registry, name, version });
    await carryOut(context, { server, idempotencyKey, write: { kind: 'remove', name, version } });
    return await writtenVersion(context, server, version);
  },
});

/** Gives a published server other claims; none: those of its source, which have to be the caller's as well. */
export const setEntryClaims = change({
  role: 'manageEntries',
  action: 'entry.claims.update',
  target: entryTarget,
  input: z.object({ ...written, name: serverName, claims: claimsInput }),
  run: async (context, { registry, name, claims, idempotencyKey }): Promise<void> => {
    const server = await serverToChange(context, { registry, name, version: null });
    requireGrant(context.caller, nonEmpty(claims) ?? server.source.claims);
    await carryOut(context, { server, idempotencyKey, write: { kind: 'claims', name, version: null, claims } });
  },
});

interface NamedVersion {
  readonly registry?: string | undefined;
  readonly name: string;
  readonly version?: string | null | undefined;
}

async function serverToChange(
  context: OperationContext,
  { registry, name, version = null }: NamedVersion,
): Promise<ManagedServer> {
  return await changeableServer(context, await publishingRegistry(context, registry), { name, version });
}

function entryTarget({ registry, name, version }: NamedVersion): Partial<AuditTarget> {
  return { registry: registry ?? null, name, version: version ?? null };
}

/** What a document says, which has not been checked yet. */
function documentTarget(registry: string | undefined, value: unknown): Partial<AuditTarget> {
  if (!isJsonObject(value)) return { registry: registry ?? null };
  const { name, version } = value;
  return { registry: registry ?? null, name: textOf(name) ?? null, version: textOf(version) ?? null };
}

function nonEmpty(claims: Claims | undefined): Claims | null {
  return claims === undefined || Object.keys(claims).length === 0 ? null : claims;
}
