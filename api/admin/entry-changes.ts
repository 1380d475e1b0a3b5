/** Changes of published servers, in managed sources. */
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

/** A server.json. Text and bytes are stored as they were sent. */
const document = z
  .union([z.string(), z.instanceof(Buffer), z.looseObject({})])
  .transform((sent) =>
    jsonOf(typeof sent === 'string' || Buffer.isBuffer(sent) ? Buffer.from(sent) : bytesOfDocument(sent)),
  );

/** For each claim, a text or a list of texts. */
const claimsInput = z.custom<Claims>(isClaims, 'expected for each claim text or a list of texts');

/**
 * Publishes a version. `claims` are required for reading the server; those of an existing name must be the same. Without
 * `claims`, a new name has the claims of its source.
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

/** Sets the status of one version, or of all in one transaction. Returns the versions that changed. */
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

/** Deletes a version. A tombstone stays, and the version can't be published again. */
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

/** Changes the claims of a published server. Without any, it has those of its source, which the caller must hold. */
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

/** The target according to a document that hasn't been checked yet. */
function documentTarget(registry: string | undefined, value: unknown): Partial<AuditTarget> {
  if (!isJsonObject(value)) return { registry: registry ?? null };
  const { name, version } = value;
  return { registry: registry ?? null, name: textOf(name) ?? null, version: textOf(version) ?? null };
}

function nonEmpty(claims: Claims | undefined): Claims | null {
  return claims === undefined || Object.keys(claims).length === 0 ? null : claims;
}
