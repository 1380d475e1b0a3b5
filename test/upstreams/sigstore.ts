/**
 * A Sigstore of its own on this machine: a certificate authority, a certificate log, and a transparency log with real keys and
 * signatures, and the file with their public keys.
 */
import { createHash, generateKeyPairSync, type KeyObject } from 'node:crypto';
import { writeFile } from 'node:fs/promises';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { text } from 'node:stream/consumers';
import { bundleToJSON } from '@sigstore/bundle';
import { fulcioHandler, initializeCA, initializeCTLog, initializeTLog, rekorHandler } from '@sigstore/mock';
import { DSSEBundleBuilder, FulcioSigner, RekorWitness } from '@sigstore/sign';

export interface TestSigstore {
  /** Signs an in-toto statement as the owner of these claims of an identity token; returns the bundle as JSON. */
  readonly sign: (statement: object, claims: Readonly<Record<string, string>>) => Promise<object>;
  readonly close: () => Promise<void>;
}

/** @param trustedRoot where to write the public keys (trusted_root.json) */
export async function startSigstore(trustedRoot: string): Promise<TestSigstore> {
  const keys = (): { publicKey: KeyObject; privateKey: KeyObject } =>
    generateKeyPairSync('ec', { namedCurve: 'P-256' });
  const ctLog = await initializeCTLog(keys());
  const authority = await initializeCA(keys(), ctLog);
  const logKeys = keys();
  const server = createServer();
  server.listen(0, '127.0.0.1');
  await new Promise((resolve) => server.once('listening', resolve));
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  const log = await initializeTLog(url, logKeys);
  const handlers = [fulcioHandler(authority), rekorHandler(log)];
  server.on('request', (request, response) => {
    const handler = handlers.find(({ path }) => path === request.url);
    void text(request)
      .then(async (body) => await handler!.fn(body))
      .then(({ statusCode, response: answer, contentType = 'text/plain' }) => {
        response.writeHead(statusCode, { 'content-type': contentType }).end(answer);
      });
  });
  const logOf = (publicKey: Uint8Array): object => ({
    baseUrl: url,
    hashAlgorithm: 'SHA2_256',
    publicKey: {
      rawBytes: Buffer.from(publicKey).toString('base64'),
      keyDetails: 'PKIX_ECDSA_P256_SHA_256',
      validFor: { start: '2020-01-01T00:00:00Z' },
    },
    logId: { keyId: createHash('sha256').update(publicKey).digest('base64') },
  });
  const root = Buffer.from(authority.rootCertificate.buffer).toString('base64');
  const trust = {
    mediaType: 'application/vnd.dev.sigstore.trustedroot+json;version=0.1',
    tlogs: [logOf(log.publicKey)],
    certificateAuthorities: [
      {
        subject: { organization: 'test', commonName: 'test' },
        uri: url,
        certChain: { certificates: [{ rawBytes: root }] },
        validFor: { start: '2020-01-01T00:00:00Z' },
      },
    ],
    ctlogs: [logOf(ctLog.publicKey)],
    timestampAuthorities: [],
  };
  await writeFile(trustedRoot, JSON.stringify(trust));
  return {
    sign: async (statement, claims) => {
      const part = (value: object): string => Buffer.from(JSON.stringify(value)).toString('base64url');
      const token = [part({ alg: 'none' }), part(claims), 'c2ln'].join('.');
      const builder = new DSSEBundleBuilder({
        signer: new FulcioSigner({ fulcioBaseURL: url, identityProvider: { getToken: async () => token } }),
        witnesses: [new RekorWitness({ rekorBaseURL: url, entryType: 'intoto' })],
      });
      const data = Buffer.from(JSON.stringify(statement));
      return bundleToJSON(await builder.create({ data, type: 'application/vnd.in-toto+json' }));
    },
    close: async () => {
      server.close();
      server.closeAllConnections();
    },
  };
}
