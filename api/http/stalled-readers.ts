/** Clients that ask for something and don't read the answer would hold what the answer is made from. */
import type { Server, ServerResponse } from 'node:http';
import type { Duplex } from 'node:stream';

/**
 * Closes connections on which nothing has moved for so long, unless the server itself is still working on the answer.
 * Idle connections that are kept for later requests are closed as before, after the server's own time.
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
