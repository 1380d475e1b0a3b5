/** Connections of clients that send no valid request, or don't read their answers. */
import { type Server, STATUS_CODES } from 'node:http';
import type { OpenConnections } from './open-connections.ts';

/** Answers by the code of Node's error. All other codes mean that the request isn't HTTP. */
const ANSWERS: Readonly<Record<string, { readonly status: number; readonly error: string }>> = {
  HPE_HEADER_OVERFLOW: { status: 431, error: 'The headers and path of the request are too large' },
  HPE_CHUNK_EXTENSIONS_OVERFLOW: { status: 413, error: 'The extensions of a chunk in the body are too large' },
  ERR_HTTP_REQUEST_TIMEOUT: { status: 408, error: 'The request took too long to arrive' },
};
const NO_HTTP = { status: 400, error: 'This is not a valid HTTP request' };

/**
 * Answers requests that Node can't parse, or that are too large or too slow, in JSON, unless the client is in the middle of
 * another answer: they never reach a router.
 *
 * Closes connections that are idle longer than the timeout, unless the server is still working on the answer: clients that don't
 * read their answers hold memory and database connections. Idle connections between requests keep the server's own timeout.
 */
export function handleTroubledConnections(
  server: Server,
  connections: OpenConnections,
  stalledReaderTimeoutMs: number,
): void {
  server.on('clientError', (error: NodeJS.ErrnoException, socket) => {
    const answer = connections.answerOn(socket);
    const isBeingAnswered = answer?.headersSent === true && !answer.writableFinished;
    if (socket.writable && !isBeingAnswered) socket.write(textOf(ANSWERS[error.code ?? ''] ?? NO_HTTP));
    socket.destroy(error);
  });
  server.timeout = stalledReaderTimeoutMs;
  server.on('timeout', (socket) => {
    const answer = connections.answerOn(socket);
    const isBeingMade = answer !== undefined && !answer.writableFinished && socket.writableLength === 0;
    if (!isBeingMade) socket.destroy();
  });
}

function textOf({ status, error }: { readonly status: number; readonly error: string }): string {
  const body = JSON.stringify({ error });
  const headers = [
    'Content-Type: application/json; charset=utf-8',
    `Content-Length: ${Buffer.byteLength(body)}`,
    'Cache-Control: no-store',
    'Connection: close',
  ];
  return [`HTTP/1.1 ${status} ${STATUS_CODES[status]}`, ...headers, '', body].join('\r\n');
}
