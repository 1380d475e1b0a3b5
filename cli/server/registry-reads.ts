/** Reads of the registry API and of exports, as any client sends them. */
import type { EntryKind } from '../../registry/entry-kind.ts';
import { CommandFailure } from '../terminal/failure.ts';
import { refusalText } from './server-errors.ts';
import type { ServerConnection } from './server-connection.ts';

/** The path of a registry; without a name, that of the default registry. */
export function registryPath(registry: string | undefined): string {
  return registry === undefined ? '' : `/registry/${encodeURIComponent(registry)}`;
}

/** The path of the list of entries of a kind. */
export function listPath(kind: EntryKind): string {
  return kind === 'server' ? '/v0.1/servers' : `/v0.1/x/dev.toolhive/${kind}s`;
}

/** The path of the versions of an entry. The name of a skill or plugin is two segments: its namespace, and the rest. */
export function entryPath(kind: EntryKind, name: string): string {
  const segments = kind === 'server' ? [name] : name.split('/');
  return [listPath(kind), ...segments.map(encodeURIComponent)].join('/');
}

/** @throws CommandFailure with the server's message for any status other than 200, and 304 where it is expected */
export async function readText(
  { server, fetch }: ServerConnection,
  path: string,
  init: RequestInit = {},
): Promise<{ readonly response: Response; readonly text: string }> {
  const response = await fetch(server + path, init);
  const text = await response.text();
  if (response.status !== 200 && response.status !== 304) throw new CommandFailure(refusalText(response.status, text));
  return { response, text };
}

/** @throws CommandFailure as `readText` does, and for an answer that isn't JSON */
export async function readJson<Answer>(connection: ServerConnection, path: string): Promise<Answer> {
  const { text } = await readText(connection, path);
  return parsed(connection, path, text) as Answer;
}

/** Statuses of a server that doesn't have a resource: "not found", "method not allowed", and "not implemented". */
const ABSENT: ReadonlySet<number> = new Set([404, 405, 501]);

/** Like `readJson`. Null if the server doesn't have the resource. */
export async function readJsonIfFound<Answer>(connection: ServerConnection, path: string): Promise<Answer | null> {
  const response = await connection.fetch(connection.server + path);
  const text = await response.text();
  if (ABSENT.has(response.status)) return null;
  if (response.status !== 200) throw new CommandFailure(refusalText(response.status, text));
  return parsed(connection, path, text) as Answer;
}

function parsed(connection: ServerConnection, path: string, text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    throw new CommandFailure(`${connection.server}${path} did not answer with JSON: check the URL of the registry`);
  }
}
