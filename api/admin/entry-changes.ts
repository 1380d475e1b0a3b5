/** Changes of what was published: the servers of managed sources. */
import { randomUUID } from 'node:crypto';
import { z } from 'zod';
import type { EntryRow } from '../../db/entries.ts';
import { entryClaims } from '../../db/server-claims.ts';
import { type Claims, isClaims } from '../../registry/claims.ts';
import { requireGrant } from '../access/permissions.ts';
import { carryOut, publishVersion, writtenVersions } from '../entry-writes.ts';
import { HttpError } from '../http-error.ts';
import { jsonOf } from '../json-body.ts';
import { changeableServer, publishableServer, publishedServer } from '../managed-server.ts';
import { publishedDocument } from '../published-document.ts';
import { idempotencyKey, statusUpdate } from '../request-schemas.ts';
import { change, query } from './operation.ts';
import { publishingRegistry } from './publishing-registry.ts';

const storable = z
  .string()
  .min(1)
  .refine((text) => !text.includes('\0'), 'must not contain the character NUL');

/** A text, or a list of texts, by the name of each claim. */
export const claimsInput = z.custom<Claims>(isClaims, 'expected for each claim text or a list of texts');

/** Which registry's managed source; default: the default registry's. */
const inRegistry = { registry: z.string().min(1).max(128).optional() };
const written = { ...inRegistry, idempotencyKey: idempotencyKey.default(randomUUID) };

/**
 * Publishes a version. With `claims`, who reads the server must hold them; a name that is there already keeps its own,
 * which must be the same. Without, a new name requires what its source does.
 */
export const publishEntry = change({
  role: 'manageEntries',
  input: z.object({
    ...written,
    document: z.union([z.string(), z.looseObject({})]),
    claims: claimsInput.optional(),
  }),
  run: async (context, { registry, document, claims, idempotencyKey: key }): Promise<EntryRow> => {
    const text = typeof document === 'string' ? document : JSON.stringify(document);
    const published = publishedDocument(context, jsonOf(Buffer.from(text)));
    const server = await publishableServer(context, await publishingRegistry(context, registry), published.name);
    return await publishVersion(context, server, { published, claims: nonEmpty(claims), requestId: key });
  },
});

/** Sets the status of one version, or of all versions in one transaction; answers with all versions as they are then. */
export const setEntryStatus = change({
  role: 'manageEntries',
  input: statusUpdate.safeExtend({ ...written, name: storable, version: storable.optional() }),
  run: async (context, { registry, name, version = null, status, statusMessage, idempotencyKey: key }) => {
    const server = await changeableServer(context, await publishingRegistry(context, registry), { name, version });
    const write = { kind: 'status', name, version, status, statusMessage: statusMessage || null } as const;
    const updatedCount = await carryOut(context, { server, requestId: key, write });
    return { updatedCount, versions: await writtenVersions(context, server) };
  },
});

/** Deletes a version; a tombstone stays, and the version can't be published again. */
export const deleteEntry = change({
  role: 'manageEntries',
  input: z.object({ ...written, name: storable, version: storable }),
  run: async (context, { registry, name, version, idempotencyKey: key }): Promise<void> => {
    const server = await changeableServer(context, await publishingRegistry(context, registry), { name, version });
    await carryOut(context, { server, requestId: key, write: { kind: 'remove', name, version } });
  },
});

/** What is required of who reads a published server, and whether the claims are its own or those of its source. */
export const getEntryClaims = query({
  role: 'manageEntries',
  input: z.object({ ...inRegistry, name: storable }),
  run: async (context, { registry, name }) => {
    const shownIn = await publishingRegistry(context, registry);
    const { source } = await publishedServer(context, shownIn, { name, version: null });
    const required = await entryClaims(context.database, { sourceId: source.id, name });
    if (required === null) throw new HttpError(404, `There is no ${name}.`);
    return required;
  },
});

/** Gives a published server other claims; none: those of its source. */
export const setEntryClaims = change({
  role: 'manageEntries',
  input: z.object({ ...written, name: storable, claims: claimsInput }),
  run: async (context, { registry, name, claims, idempotencyKey: key }): Promise<void> => {
    const server = await changeableServer(context, await publishingRegistry(context, registry), {
      name,
      version: null,
    });
    requireGrant(context.caller, nonEmpty(claims));
    await carryOut(context, { server, requestId: key, write: { kind: 'claims', name, version: null, claims } });
  },
});

function nonEmpty(claims: Claims | undefined): Claims | null {
  return claims === undefined || Object.keys(claims).length === 0 ? null : claims;
}
