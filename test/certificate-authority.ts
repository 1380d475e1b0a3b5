/** A certificate authority for one test file, and a server's certificate from it. */
import 'reflect-metadata';
import { webcrypto } from 'node:crypto';
import {
  BasicConstraintsExtension,
  KeyUsageFlags,
  KeyUsagesExtension,
  SubjectAlternativeNameExtension,
  X509CertificateGenerator,
} from '@peculiar/x509';

const KEY_ALGORITHM = { name: 'ECDSA', namedCurve: 'P-256' } as const;
const SIGNING_ALGORITHM = { name: 'ECDSA', hash: 'SHA-256' } as const;
const DAY_MS = 86_400_000;

/** All in PEM. The server's names are `localhost`, 127.0.0.1, ::1, and the given ones. */
export interface LoopbackCertificate {
  readonly authority: string;
  readonly certificate: string;
  readonly privateKey: string;
}

export async function createLoopbackCertificate(...names: readonly string[]): Promise<LoopbackCertificate> {
  const [authorityKeys, serverKeys] = await Promise.all([createKeys(), createKeys()]);
  const validity = { notBefore: new Date(Date.now() - DAY_MS), notAfter: new Date(Date.now() + DAY_MS) };
  const authority = await X509CertificateGenerator.createSelfSigned({
    name: 'CN=Certificate authority of a test',
    ...validity,
    keys: authorityKeys,
    signingAlgorithm: SIGNING_ALGORITHM,
    extensions: [
      new BasicConstraintsExtension(true, 0, true),
      new KeyUsagesExtension(KeyUsageFlags.keyCertSign | KeyUsageFlags.cRLSign, true),
    ],
  });
  const server = await X509CertificateGenerator.create({
    subject: 'CN=localhost',
    issuer: authority.subject,
    ...validity,
    publicKey: serverKeys.publicKey,
    signingKey: authorityKeys.privateKey,
    signingAlgorithm: SIGNING_ALGORITHM,
    extensions: [
      new SubjectAlternativeNameExtension([
        ...['localhost', ...names].map((value) => ({ type: 'dns', value }) as const),
        { type: 'ip', value: '127.0.0.1' },
        { type: 'ip', value: '::1' },
      ]),
    ],
  });
  return {
    authority: authority.toString('pem'),
    certificate: server.toString('pem'),
    privateKey: await toPem(serverKeys.privateKey),
  };
}

function createKeys(): Promise<webcrypto.CryptoKeyPair> {
  return webcrypto.subtle.generateKey(KEY_ALGORITHM, true, ['sign', 'verify']);
}

async function toPem(privateKey: webcrypto.CryptoKey): Promise<string> {
  const der = Buffer.from(await webcrypto.subtle.exportKey('pkcs8', privateKey));
  return `-----BEGIN PRIVATE KEY-----\n${der.toString('base64')}\n-----END PRIVATE KEY-----\n`;
}
