/** Copies the servers of another registry into a managed source, once, through the public APIs of both. */
import type { Claims } from '../../registry/claims.ts';
import type { JsonObject } from '../../registry/json.ts';
import { describeError } from '../terminal/failure.ts';
import { askOver } from '../server/admin-client.ts';
import { readJson, registryPath } from '../server/registry-reads.ts';
import type { ServerConnection } from '../server/server-connection.ts';

const PAGE_SIZE = 100;
const OFFICIAL = 'io.modelcontextprotocol.registry/official';

interface OfficialMeta {
  readonly status?: 'active' | 'deprecated' | 'deleted';
  readonly statusMessage?: string;
  readonly publishedAt?: string;
}

interface Item {
  readonly server: JsonObject & { readonly name: string; readonly version: string };
  readonly _meta?: { readonly [OFFICIAL]?: OfficialMeta };
}

interface Page {
  readonly servers: readonly Item[];
  readonly metadata?: { readonly nextCursor?: string };
}

export interface ImportTarget {
  readonly connection: ServerConnection;
  /** Registry with a managed source. Default: the default registry. */
  readonly registry?: string;
  /** Claims that readers of the imported servers must hold. */
  readonly claims?: Claims;
}

export interface ImportedVersion {
  readonly name: string;
  readonly version: string;
  readonly outcome: 'published' | 'existing' | 'refused';
  /** Why it was refused. */
  readonly reason?: string;
}

/** All versions of a registry that aren't deleted, oldest publication first. */
export async function readRegistry(origin: ServerConnection): Promise<Item[]> {
  const items: Item[] = [];
  let cursor: string | undefined;
  do {
    const query = new URLSearchParams({ limit: String(PAGE_SIZE), ...(cursor !== undefined && { cursor }) });
    const page: Page = await readJson<Page>(origin, `/v0.1/servers?${query.toString()}`);
    items.push(...page.servers.filter((item) => metaOf(item).status !== 'deleted'));
    cursor = page.metadata?.nextCursor || undefined; // some registries end with an empty cursor
  } while (cursor !== undefined);
  return items.toSorted((one, other) => publishedAt(one).localeCompare(publishedAt(other)));
}

/** Publishes one version, with its deprecation, unless the target has it already. */
export async function importVersion(item: Item, target: ImportTarget): Promise<ImportedVersion> {
  const { name, version } = item.server;
  if (await exists(item, target)) return { name, version, outcome: 'existing' };
  const { connection, registry, claims } = target;
  const where = registry === undefined ? {} : { registry };
  try {
    await askOver(connection, async (client) => {
      const document = JSON.stringify(item.server);
      await client.entries.publish.mutate({ document, ...where, ...(claims !== undefined && { claims }) });
      const { status, statusMessage } = metaOf(item);
      if (status !== 'deprecated') return;
      const message = statusMessage === undefined ? {} : { statusMessage };
      await client.entries.setStatus.mutate({ name, version, status, ...where, ...message });
    });
    return { name, version, outcome: 'published' };
  } catch (error) {
    return { name, version, outcome: 'refused', reason: describeError(error) };
  }
}

async function exists({ server }: Item, { connection, registry }: ImportTarget): Promise<boolean> {
  const path = `/v0.1/servers/${encodeURIComponent(server.name)}/versions/${encodeURIComponent(server.version)}`;
  const response = await connection.fetch(connection.server + registryPath(registry) + path);
  await response.body?.cancel();
  return response.status === 200;
}

function metaOf({ _meta: meta }: Item): OfficialMeta {
  return meta?.[OFFICIAL] ?? {};
}

function publishedAt(item: Item): string {
  return metaOf(item).publishedAt ?? '';
}
