/** Finds out why a TLS connection to Temporal fails. The client only says that nothing answered in time. */
import { once } from 'node:events';
import { isIP } from 'node:net';
import { connect, type TLSSocket } from 'node:tls';
import { describeCertificateFault } from '../config/certificate-fault.ts';
import { endpointOf, type TemporalServer } from './connect.ts';

const HANDSHAKE_TIMEOUT_MS = 2_000;
/** A server checks the client's certificate after the client has finished its part of the handshake. */
const VERDICT_TIMEOUT_MS = 300;

/**
 * Describes the fault in one sentence. Returns null if the handshake succeeds, or fails for another reason than TLS.
 */
export async function describeHandshakeFault(server: TemporalServer): Promise<string | null> {
  const { address, tls } = await endpointOf(server);
  if (tls === undefined || tls === null || typeof tls === 'boolean') return null;
  const { hostname, port } = new URL(`https://${address}`);
  const host = hostname.replace(/^\[(.*)\]$/, '$1');
  const name = tls.serverNameOverride ?? (isIP(host) === 0 ? host : undefined);
  const socket = connect({
    host,
    port: Number(port || '443'),
    ...(name !== undefined && { servername: name }),
    ALPNProtocols: ['h2'],
    ...(tls.serverRootCACertificate && { ca: Buffer.from(tls.serverRootCACertificate) }),
    ...(tls.clientCertPair && { cert: Buffer.from(tls.clientCertPair.crt), key: Buffer.from(tls.clientCertPair.key) }),
  });
  try {
    return await verdictOn(socket, server);
  } finally {
    socket.destroy();
  }
}

async function verdictOn(socket: TLSSocket, server: TemporalServer): Promise<string | null> {
  const failed = once(socket, 'error').then(([error]) => error as NodeJS.ErrnoException);
  const shaken = await Promise.race([
    failed,
    once(socket, 'secureConnect').catch(() => failed),
    after(HANDSHAKE_TIMEOUT_MS),
  ]);
  if (shaken instanceof Error) return described(shaken, server);
  if (shaken === null) return null;
  const refused = await Promise.race([failed, after(VERDICT_TIMEOUT_MS)]);
  return refused === null ? null : described(refused, server);
}

function after(milliseconds: number): Promise<null> {
  return new Promise((resolve) => {
    setTimeout(resolve, milliseconds, null).unref();
  });
}

function described({ code = '', message }: NodeJS.ErrnoException, { address, tls }: TemporalServer): string | null {
  const where = `Temporal at ${address}`;
  if (/^ERR_SSL_.*ALERT_(CERTIFICATE|BAD_CERTIFICATE|UNKNOWN_CA|UNSUPPORTED_CERTIFICATE)/.test(code)) {
    return tls?.certificateFile === undefined
      ? `${where} requires a client certificate: set \`temporal.tls.certificateFile\` and \`temporal.tls.keyFile\``
      : `${where} refuses the client certificate ${tls.certificateFile} (${code}): check \`temporal.tls.certificateFile\``;
  }
  if (code === 'ERR_SSL_WRONG_VERSION_NUMBER' || code === 'ERR_SSL_PACKET_LENGTH_TOO_LONG') {
    return `${where} doesn't use TLS: remove \`temporal.tls\`, or correct \`temporal.address\``;
  }
  return describeCertificateFault({ code, message }, where, {
    otherName: 'set `temporal.tls.serverName` to one of them',
    untrusted: 'set `temporal.tls.caFile` to a PEM file with the certificate of the authority',
  });
}
