/** Starts `express-process.ts` with a copy of an answer of the server under test. */
import type { Answer } from './express-process.ts';
import { SequentialClient } from '../load/sequential-client.ts';
import { type ServerProcess, startServerProcess } from './start-server.ts';

/** Headers that Node's HTTP server adds. */
const ADDED_BY_NODE = new Set(['date', 'connection', 'keep-alive', 'transfer-encoding']);

/**
 * Starts a bare Express handler that sends the same status, headers, and bytes as `origin` does for the path.
 * `requestHeaders` select the answer to copy, such as a 304.
 */
export async function startBareExpress(
  origin: string,
  path: string,
  requestHeaders: Readonly<Record<string, string>> = {},
): Promise<ServerProcess> {
  const client = new SequentialClient(origin);
  const { status, headers, body } = await client.get(path, requestHeaders);
  await client.close();
  const kept = Object.entries(headers).filter(([name]) => !ADDED_BY_NODE.has(name)) as [string, string | string[]][];
  const answer: Answer = { path: pathOf(path), status, headers: Object.fromEntries(kept), body };
  return await startServerProcess('express-process.ts', answer);
}

/** Express routes by the path without its query; `%2F` stays encoded. */
function pathOf(pathAndQuery: string): string {
  return new URL(pathAndQuery, 'http://localhost').pathname.replaceAll(/[.:*?+()[\]{}!]/g, String.raw`\$&`);
}
