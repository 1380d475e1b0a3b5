import type pg from 'pg';
import { z } from 'zod';
import { listen } from '../connection/listen.ts';
import { count, id } from '../connection/schemas.ts';
import type { ConnectionSettings } from '../connection/settings.ts';

const revisionRow = z.object({
  registryId: id,
  revision: count,
  /** Identifies the state of the registry: equal tokens mean equal states. Missing from notifications of Rollcall 0.1. */
  token: z.string().optional(),
});
export type RegistryRevision = z.infer<typeof revisionRow>;

const changedNames = z.array(z.string());

/** A notification about a new revision. */
export interface RevisionNews extends RegistryRevision {
  /** The only servers that changed since the previous revision; undefined if any server may have changed. */
  readonly names?: readonly string[] | undefined;
}

export interface RevisionListener {
  /** Called with each new revision, possibly more than once. */
  readonly onRevision: (news: RevisionNews) => void;
  /** Called with all registries every few seconds, because a restored database sends no notifications. */
  readonly onRevisions: (revisions: readonly RegistryRevision[]) => void;
  /** Called with whether notifications arrive. Right before `true`, `onRevisions` is called. */
  readonly onConnection: (isConnected: boolean) => void;
}

/** Reports new revisions on a separate connection, until `close`. */
export function listenForRevisions(
  settings: ConnectionSettings,
  listener: RevisionListener,
): { readonly close: () => Promise<void> } {
  return listen(settings, 'registry_revision', {
    onNotification: (payload) => listener.onRevision(parseNotification(payload)),
    check: async (client) => listener.onRevisions(await readRevisions(client)),
    onConnection: listener.onConnection,
  });
}

async function readRevisions(client: pg.Client): Promise<readonly RegistryRevision[]> {
  const { rows } = await client.query(
    `select id::text as "registryId", revision, revision_token::text as token from registry`,
  );
  return z.array(revisionRow).parse(rows);
}

/** `<registry id>:<revision>:<token>`, and possibly `:<names as JSON>`, as entries/ownership.ts sends it. */
function parseNotification(payload: string): RevisionNews {
  const [, registryId, revision, token, names] = /^(\d+):(\d+)(?::([^:]*))?(?::(.*))?$/s.exec(payload) ?? [];
  const news = revisionRow.parse({ registryId, revision, token });
  return names === undefined ? news : { ...news, names: changedNames.parse(JSON.parse(names)) };
}
