/** Requests that arrive unchanged: `fetch` normalizes paths, joins headers, and decompresses bodies. */
import { once } from 'node:events';
import { type IncomingHttpHeaders, type IncomingMessage, request, type RequestOptions } from 'node:http';

export interface ReceivedAnswer {
  readonly status: number;
  readonly headers: IncomingHttpHeaders;
  /** As sent, compressed or not. */
  readonly body: Buffer;
}

/** A list of headers is sent in its order, with no others, so it must include `Host`. */
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
