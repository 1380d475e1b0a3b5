/** Copies the entries of another registry into a managed source, once, through the public APIs of both. */
import type { Claims } from '../../registry/claims.ts';
import type { EntryStatus } from '../../registry/entry.ts';
import { ENTRY_KINDS, type EntryKind, type SkillKind, storedName } from '../../registry/entry-kind.ts';
import { OFFICIAL, PROVENANCE } from '../../registry/server-json/extension.ts';
import { MANAGED } from '../../registry/source-definition.ts';
import { isJsonObject, type JsonObject, memberOf, parseJson, textOf } from '../../registry/json.ts';
import { ENTRY_STATE, publishedText } from '../../registry/skills/served-skill.ts';
import { describeError } from '../../telemetry/describe-error.ts';
import { askOver } from '../server/admin-client.ts';
import { entryPath, listPath, readJson, readJsonIfFound, registryPath } from '../server/registry-reads.ts';
import type { ServerConnection } from '../server/server-connection.ts';
import { CommandFailure } from '../terminal/failure.ts';

const PAGE_SIZE = 100;

/** A version that the other registry serves. */
export interface FoundVersion {
  readonly kind: EntryKind;
  /** The name that clients use, without a prefix for its kind. */
  readonly name: string;
  readonly version: string;
  /** The document for publishing, as JSON text. */
  readonly document: string;
  readonly status: EntryStatus;
  readonly statusMessage: string | undefined;
  /** The publication date (RFC 3339), or empty if it isn't known. */
  readonly publishedAt: string;
}

interface OfficialMeta {
  readonly status?: 'active' | 'deprecated' | 'deleted';
  readonly statusMessage?: string;
  readonly publishedAt?: string;
}

interface ServerItem {
  readonly server: JsonObject & { readonly name: string; readonly version: string };
  readonly _meta?: { readonly [OFFICIAL]?: OfficialMeta };
}

interface Page {
  readonly servers?: readonly ServerItem[] | null;
  readonly skills?: readonly JsonObject[] | null;
  readonly plugins?: readonly JsonObject[] | null;
  readonly metadata?: { readonly nextCursor?: string };
}

export interface ImportTarget {
  readonly connection: ServerConnection;
  /** The target registry, which has a managed source. Default: the default registry. */
  readonly registry?: string;
  /** Claims that readers of the imported entries must hold. */
  readonly claims?: Claims;
}

export interface ImportedVersion {
  /** The stored name (registry/entry-kind.ts). */
  readonly name: string;
  readonly version: string;
  readonly outcome: 'published' | 'existing' | 'refused';
  /** The reason if it was refused. */
  readonly reason?: string;
}

/** All versions of a registry that aren't deleted, oldest publication first. Not every registry has skills and plugins. */
export async function readRegistry(origin: ServerConnection): Promise<FoundVersion[]> {
  const found: FoundVersion[] = [];
  for (const kind of ENTRY_KINDS) {
    for await (const page of pagesOf(origin, kind)) {
      if (kind === 'server') found.push(...(page.servers ?? []).map(foundServer));
      else found.push(...(page[`${kind}s`] ?? []).map((document) => foundSkill(kind, document)));
    }
  }
  return found
    .filter(({ status }) => status !== 'deleted')
    .toSorted((one, other) => one.publishedAt.localeCompare(other.publishedAt));
}

/** Yields nothing if the registry has no list of skills or plugins. */
async function* pagesOf(origin: ServerConnection, kind: EntryKind): AsyncGenerator<Page, void, void> {
  // Without `all_versions`, Rollcall lists only the latest ones of skills and plugins.
  const query = { limit: String(PAGE_SIZE), ...(kind !== 'server' && { all_versions: 'true' }) };
  const pathOf = (cursor: object): string =>
    `${listPath(kind)}?${new URLSearchParams({ ...query, ...cursor }).toString()}`;
  const cursors = new Set<string>();
  let path = pathOf({});
  let page = kind === 'server' ? await readJson<Page>(origin, path) : await readJsonIfFound<Page>(origin, path);
  while (page !== null) {
    if (!isPage(page, kind)) {
      throw new CommandFailure(`${origin.server}${path} did not answer with a list of ${kind}s: check the URL`);
    }
    yield page;
    const cursor = page.metadata?.nextCursor || undefined; // some registries end with an empty cursor
    if (cursor === undefined) return;
    if (cursors.has(cursor)) {
      throw new CommandFailure(`${origin.server}${path} repeats a cursor: its pages never end. Nothing was imported`);
    }
    cursors.add(cursor);
    path = pathOf({ cursor });
    page = await readJson<Page>(origin, path);
  }
}

/** Registries written in Go have `null` for an empty list. Some that have no skills or plugins answer without a list. */
function isPage(answer: unknown, kind: EntryKind): answer is Page {
  if (!isJsonObject(answer)) return false;
  const list = answer[`${kind}s`];
  return Array.isArray(list) || list === null || (list === undefined && kind !== 'server');
}

function foundServer({ server, _meta: meta }: ServerItem): FoundVersion {
  const { name, version } = server;
  const { status = 'active', statusMessage, publishedAt = '' } = meta?.[OFFICIAL] ?? {};
  return { kind: 'server', name, version, document: JSON.stringify(server), status, statusMessage, publishedAt };
}

/** ToolHive Registry Server writes statuses in upper case, and adds members of its own to the document. */
function foundSkill(kind: SkillKind, served: JsonObject): FoundVersion {
  const state = memberOf(served['_meta'], ENTRY_STATE);
  const { id: _id, isLatest: _isLatest, createdAt, updatedAt: _updatedAt, ...others } = served;
  const isRollcall = 'status' in state;
  const document = isRollcall ? served : { ...others, status: textOf(served['status'])?.toLowerCase() };
  return {
    kind,
    name: `${String(served['namespace'])}/${String(served['name'])}`,
    version: String(served['version']),
    document: publishedText(JSON.stringify(document), document),
    status: (textOf(state['status']) ?? textOf(document['status']) ?? 'active') as EntryStatus,
    statusMessage: textOf(state['statusMessage']),
    publishedAt: textOf(isRollcall ? state['publishedAt'] : createdAt) ?? '',
  };
}

/** Publishes one version, with its status, unless the target has it already. */
export async function importVersion(found: FoundVersion, target: ImportTarget): Promise<ImportedVersion> {
  const { kind: entryKind, name, version, document, status, statusMessage } = found;
  const identity = { name: storedName(entryKind, name), version };
  if (await exists(found, target)) return { ...identity, outcome: 'existing' };
  const { connection, registry, claims } = target;
  const where = { entryKind, ...(registry !== undefined && { registry }) };
  try {
    await askOver(connection, async (client) => {
      const sent = { document, ...where, ...(claims !== undefined && { claims }) };
      const published = await client.entries.publish.mutate(sent);
      if (published.status === status && statusMessage === undefined) return;
      const message = statusMessage === undefined ? {} : { statusMessage };
      await client.entries.setStatus.mutate({ name, version, status, ...where, ...message });
    });
    return { ...identity, outcome: 'published' };
  } catch (error) {
    return { ...identity, outcome: 'refused', reason: describeError(error) };
  }
}

/** An entry that another source of the registry provides can be published. If it isn't visible then, the server says so. */
async function exists({ kind, name, version }: FoundVersion, { connection, registry }: ImportTarget): Promise<boolean> {
  const path = `${registryPath(registry)}${entryPath(kind, name)}/versions/${encodeURIComponent(version)}`;
  const response = await connection.fetch(connection.server + path);
  const answer = parseJson(await response.text());
  const served = response.status === 200 && isJsonObject(answer) ? answer : {};
  return memberOf(served['_meta'], PROVENANCE)['kind'] === MANAGED;
}
