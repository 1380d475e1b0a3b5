/** Temporal behind TLS: client certificates and an API key are required, as in Temporal Cloud. */
import { once } from 'node:events';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import http2 from 'node:http2';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { LOOPBACK } from '../../embedded/free-port.ts';
import { createLoopbackCertificate } from '../certificate-authority.ts';

const API_KEY = 'key-of-the-test';
/** In the certificate of the server, which isn't reached by that name. */
const SERVER_NAME = 'temporal.example.com';
const UNAUTHENTICATED = '16';

export interface TemporalWithTls {
  readonly address: string;
  readonly serverName: string;
  /** The content of a Secret with the credentials. */
  readonly credentials: Readonly<Record<'ca.crt' | 'tls.crt' | 'tls.key' | 'api-key', string>>;
  /** The files with the credentials. */
  readonly files: Readonly<Record<keyof TemporalWithTls['credentials'], string>>;
  /** Calls that were refused because they had no, or another, key. */
  readonly refused: number;
  stop(): Promise<void>;
}

export async function startTemporalWithTls(upstream: string): Promise<TemporalWithTls> {
  const folder = await mkdtemp(join(tmpdir(), 'rollcall-temporal-tls-'));
  // One certificate for both ends.
  const { authority, certificate, privateKey } = await createLoopbackCertificate(SERVER_NAME);
  const credentials = {
    'ca.crt': authority,
    'tls.crt': certificate,
    'tls.key': privateKey,
    'api-key': `${API_KEY}\n`,
  };
  for (const [key, text] of Object.entries(credentials)) await writeFile(join(folder, key), text, { mode: 0o600 });
  const sessions = new Set<http2.ServerHttp2Session>();
  const target = http2.connect(`http://${upstream}`);
  const server = http2.createSecureServer({
    key: privateKey,
    cert: certificate,
    ca: authority,
    requestCert: true,
    rejectUnauthorized: true,
  });
  let refused = 0;
  server.on('session', (session) => sessions.add(session));
  server.on('stream', (stream, headers) => {
    stream.on('error', () => undefined);
    if (headers.authorization === `Bearer ${API_KEY}`) return forward(stream, headers, target);
    refused += 1;
    stream.respond({ 'content-type': 'application/grpc', 'grpc-status': UNAUTHENTICATED }, { endStream: true });
  });
  await once(server.listen(0, LOOPBACK), 'listening');
  return {
    address: `${LOOPBACK}:${(server.address() as AddressInfo).port}`,
    serverName: SERVER_NAME,
    credentials,
    files: {
      'ca.crt': join(folder, 'ca.crt'),
      'tls.crt': join(folder, 'tls.crt'),
      'tls.key': join(folder, 'tls.key'),
      'api-key': join(folder, 'api-key'),
    },
    get refused() {
      return refused;
    },
    stop: async () => {
      for (const session of sessions) session.destroy();
      target.destroy();
      server.close();
      await rm(folder, { recursive: true, force: true });
    },
  };
}

function forward(
  stream: http2.ServerHttp2Stream,
  headers: http2.IncomingHttpHeaders,
  target: http2.ClientHttp2Session,
): void {
  const call = target.request(headers);
  call.on('error', () => stream.close(http2.constants.NGHTTP2_INTERNAL_ERROR));
  stream.on('close', () => call.close(stream.rstCode));
  let trailers: http2.OutgoingHttpHeaders = {};
  call.on('trailers', (received) => (trailers = received));
  call.on('response', (received, flags) => {
    const endStream = (flags & http2.constants.NGHTTP2_FLAG_END_STREAM) !== 0;
    if (stream.destroyed) return;
    stream.respond(received, { endStream, waitForTrailers: !endStream });
    stream.on('wantTrailers', () => stream.sendTrailers(trailers));
    if (!endStream) call.pipe(stream);
  });
  stream.pipe(call);
}
