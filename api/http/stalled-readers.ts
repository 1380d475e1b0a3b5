/** Cuts off clients that don't read their answers, which hold memory and database connections. */
import type { Server, ServerResponse } from 'node:http';
import type { Duplex } from 'node:stream';

/**
 * Closes connections that have been still for this time, unless the server is still working on the answer. Idle
 * connections between requests keep the server's own timeout.
 */
export function cutOffStalledReaders(server: Server, timeoutMs: number): void {
  const answers = new WeakMap<Duplex, ServerResponse>();
  server.on('request', ({ socket }, response) => answers.set(socket, response));
  server.timeout = timeoutMs;
  server.on('timeout', (socket) => {
    const answer = answers.get(socket);
    const isBeingMade = answer !== undefined && !answer.writableFinished && socket.writableLength === 0;
    if (!isBeingMade) socket.destroy();
  });
}
