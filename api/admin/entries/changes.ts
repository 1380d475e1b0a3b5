/** Changes of published servers, skills, and plugins, in managed sources. */
import { randomUUID } from 'node:crypto';
import { z } from 'zod';
import 'zod-openapi';
import type { EntryRow } from '../../../db/entries/entries.ts';
import type { AuditTarget } from '../../../registry/audit.ts';
import { type Claims, isClaims } from '../../../registry/claims.ts';
import { ENTRY_STATUSES, SERVER_STATUSES } from '../../../registry/entry.ts';
import { type EntryKind, storedName } from '../../../registry/entry-kind.ts';
import { isJsonObject, textOf } from '../../../registry/json.ts';
import { requireGrant } from '../../access/permissions.ts';
import { idempotencyKey as writtenKey } from '../../http/idempotency-key.ts';
import { jsonOf } from '../../http/json-body.ts';
import { text } from '../../http/values.ts';
import { carryOut, publishVersion, versionsWrittenBy, writtenVersion } from './writes.ts';
import { changeableServer, type ManagedServer, publishableServer, publishingRegistry } from './managed-server.ts';
import { entryKind, inRegistry, type Named, serverName, serverVersion, withKind } from './names.ts';
import { change, type OperationContext } from '../operation.ts';
import { bytesOfDocument, publishedDocument, refuseOtherVersion } from './published-document.ts';

const written = { ...inRegistry, entryKind, idempotencyKey: writtenKey.default(randomUUID) };

/** A server.json, or the document of a skill or plugin. Text and bytes are stored as they were sent. */
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
  target: (input) => documentTarget(input),
  input: z.object({ ...written, document, claims: claimsInput.optional() }),
  run: async (
    context,
    { registry, entryKind: kind, document: body, claims, idempotencyKey },
  ): Promise<Named<EntryRow>> => {
    const published = publishedDocument(context, kind, body);
    const server = await publishableServer(context, await publishingRegistry(context, registry), published.name);
    return withKind(await publishVersion(context, server, { published, claims: nonEmpty(claims), idempotencyKey }));
  },
});

/** Replaces the document of a version, which must be of this name and version. */
export const replaceEntry = change({
  role: 'manageEntries',
  action: 'entry.update',
  target: entryTarget,
  input: z.object({ ...written, name: serverName, version: serverVersion, document }),
  run: async (context, { document: body, idempotencyKey, ...named }): Promise<Named<EntryRow>> => {
    const published = publishedDocument(context, named.entryKind, body);
    const { version } = named;
    refuseOtherVersion(published, { name: storedName(named.entryKind, named.name), version });
    const server = await serverToChange(context, named);
    const write = { kind: 'replace', ...published } as const;
    await carryOut(context, { server, idempotencyKey, write });
    return withKind(await writtenVersion(context, server, version));
  },
});

const MAX_STATUS_MESSAGE = 500;

const WRONG_STATUS = 'must be active, deprecated, deleted or, for skills and plugins, archived';

/** The body of a status change of a skill or plugin. The OpenAPI document describes it too. */
export const skillStatusUpdate = z
  .object({
    status: z.enum(ENTRY_STATUSES, WRONG_STATUS).meta({ example: 'deprecated' }),
    statusMessage: text
      .max(MAX_STATUS_MESSAGE, `must not be longer than ${MAX_STATUS_MESSAGE} characters`)
      .optional()
      .meta({ description: 'Reason for the change; not allowed for `active`.', example: 'Use 2.0.0 instead' }),
  })
  .refine(({ status, statusMessage }) => status !== 'active' || !statusMessage, {
    path: ['statusMessage'],
    message: 'must not be given with the status active',
  })
  .meta({ id: 'SkillStatusUpdateRequest' });

/** The body of a status change of a server. */
export const statusUpdate = skillStatusUpdate
  .safeExtend({ status: z.enum(SERVER_STATUSES, WRONG_STATUS).meta({ example: 'deprecated' }) })
  .meta({ id: 'StatusUpdateRequest' });

/** Sets the status of one version, or of all in one transaction. Returns the versions that changed. */
export const setEntryStatus = change({
  role: 'manageEntries',
  action: 'entry.status.update',
  target: entryTarget,
  input: skillStatusUpdate
    .safeExtend({ ...written, name: serverName, version: serverVersion.optional() })
    .refine(({ entryKind: kind, status }) => kind !== 'server' || status !== 'archived', {
      path: ['status'],
      message: 'must not be archived: only skills and plugins can be',
    }),
  run: async (
    context,
    { version = null, status, statusMessage, idempotencyKey, ...named },
  ): Promise<{ readonly updatedCount: number; readonly versions: readonly Named<EntryRow>[] }> => {
    const server = await serverToChange(context, { ...named, version });
    const write = { kind: 'status', name: server.name, version, status, statusMessage: statusMessage || null } as const;
    const { entries, requestId } = await carryOut(context, { server, idempotencyKey, write });
    const versions = await versionsWrittenBy(context, server, requestId);
    return { updatedCount: entries, versions: versions.map(withKind) };
  },
});

/** Deletes a version. A tombstone stays, and the version can't be published again. */
export const deleteEntry = change({
  role: 'manageEntries',
  action: 'entry.delete',
  target: entryTarget,
  input: z.object({ ...written, name: serverName, version: serverVersion }),
  run: async (context, { version, idempotencyKey, ...named }): Promise<Named<EntryRow>> => {
    const server = await serverToChange(context, { ...named, version });
    await carryOut(context, { server, idempotencyKey, write: { kind: 'remove', name: server.name, version } });
    return withKind(await writtenVersion(context, server, version));
  },
});

/** Changes the claims of a published server. Without any, it has those of its source, which the caller must hold. */
export const setEntryClaims = change({
  role: 'manageEntries',
  action: 'entry.claims.update',
  target: entryTarget,
  input: z.object({ ...written, name: serverName, claims: claimsInput }),
  run: async (context, { claims, idempotencyKey, ...named }): Promise<void> => {
    const server = await serverToChange(context, { ...named, version: null });
    const { name } = server;
    requireGrant(context.caller, nonEmpty(claims) ?? server.source.claims);
    await carryOut(context, { server, idempotencyKey, write: { kind: 'claims', name, version: null, claims } });
  },
});

interface NamedVersion {
  readonly registry?: string | undefined;
  readonly entryKind: EntryKind;
  /** The name that clients use, without a prefix for its kind. */
  readonly name: string;
  readonly version?: string | null | undefined;
}

async function serverToChange(
  context: OperationContext,
  { registry, entryKind: kind, name, version = null }: NamedVersion,
): Promise<ManagedServer> {
  const named = { name: storedName(kind, name), version };
  return await changeableServer(context, await publishingRegistry(context, registry), named);
}

function entryTarget({ registry, entryKind: kind, name, version }: NamedVersion): Partial<AuditTarget> {
  return { registry: registry ?? null, name: storedName(kind, name), version: version ?? null };
}

interface SentDocument {
  readonly registry?: string | undefined;
  readonly entryKind: EntryKind;
  readonly document: { readonly value: unknown };
}

/** The target according to a document that hasn't been checked yet. */
function documentTarget({ registry, entryKind: kind, document: { value } }: SentDocument): Partial<AuditTarget> {
  if (!isJsonObject(value)) return { registry: registry ?? null };
  const { namespace, version } = value;
  const last = textOf(value['name']);
  const name = kind === 'server' || last === undefined ? last : `${textOf(namespace) ?? '?'}/${last}`;
  return {
    registry: registry ?? null,
    name: name === undefined ? null : storedName(kind, name),
    version: textOf(version) ?? null,
  };
}

function nonEmpty(claims: Claims | undefined): Claims | null {
  return claims === undefined || Object.keys(claims).length === 0 ? null : claims;
}
