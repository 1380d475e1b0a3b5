/** Requests that arrive as they are written: `fetch` tidies paths up, joins headers and decompresses bodies. */
import { once } from 'node:events';
import { type IncomingHttpHeaders, type IncomingMessage, request, type RequestOptions } from 'node:http';

export interface ReceivedAnswer {
  readonly status: number;
  readonly headers: IncomingHttpHeaders;
  /** As it was sent, compressed or not. */
  readonly body: Buffer;
}

/** Headers that are a list are sent in its order, and nothing beside them: `Host` is one of them then. */
export async function sendAsWritten(
  origin: string,
  path: string,
  options: Pick<RequestOptions, 'method' | 'headers'> = {},
): Promise<ReceivedAnswer> {
  const { hostname, port } = new URL(origin);
  const sent = request({ ...options, hostname, port, path }).end();
  const [response] = (await once(sent, 'response')) as [IncomingMessage];
  const chunks: Buffer[] = [];
  for await (const chunk of response) chunks.push(chunk as Buffer);
  return { status: response.statusCode ?? 0, headers: response.headers, body: Buffer.concat(chunks) };
}
