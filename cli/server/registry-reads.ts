/** Reads of the registry API and of exports, as any client sends them. */
import { CommandFailure } from '../terminal/failure.ts';
import { refusalText } from './server-errors.ts';
import type { ServerConnection } from './server-connection.ts';

/** Where a registry is served; without a name, the default registry. */
export function registryPath(registry: string | undefined): string {
  return registry === undefined ? '' : `/registry/${encodeURIComponent(registry)}`;
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
  try {
    return JSON.parse(text) as Answer;
  } catch {
    throw new CommandFailure(`${connection.server}${path} did not answer with JSON: check --server`);
  }
}
