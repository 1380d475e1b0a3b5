/** A certificate authority for one test file, and certificates from it. */
import 'reflect-metadata';
import { randomUUID, webcrypto } from 'node:crypto';
import {
  BasicConstraintsExtension,
  KeyUsageFlags,
  KeyUsagesExtension,
  SubjectAlternativeNameExtension,
  X509CertificateGenerator,
} from '@peculiar/x509';

const KEY_ALGORITHM = { name: 'ECDSA', namedCurve: 'P-256' } as const;
const SIGNING_ALGORITHM = { name: 'ECDSA', hash: 'SHA-256' } as const;
const HOUR_MS = 3_600_000;
const DAY_MS = 24 * HOUR_MS;

/** All in PEM. The server's names are `localhost`, 127.0.0.1, ::1, and the given ones. */
export interface LoopbackCertificate extends IssuedCertificate {
  readonly authority: string;
}

/** In PEM. */
export interface IssuedCertificate {
  readonly certificate: string;
  readonly privateKey: string;
}

export interface Authority {
  /** Its own certificate in PEM. */
  readonly certificate: string;
  issue(options: IssueOptions): Promise<IssuedCertificate>;
}

export interface IssueOptions {
  readonly names: readonly string[];
  /** Default: 127.0.0.1 and ::1. */
  readonly addresses?: readonly string[];
  /** Whether it expired an hour ago. Default: it is valid for a day. */
  readonly isExpired?: boolean;
}

export async function createLoopbackCertificate(...names: readonly string[]): Promise<LoopbackCertificate> {
  const authority = await createAuthority();
  return { authority: authority.certificate, ...(await authority.issue({ names: ['localhost', ...names] })) };
}

export async function createAuthority(): Promise<Authority> {
  const keys = await createKeys();
  const notBefore = new Date(Date.now() - DAY_MS);
  const certificate = await X509CertificateGenerator.createSelfSigned({
    // Authorities are found by their names.
    name: `CN=Certificate authority of test ${randomUUID()}`,
    notBefore,
    notAfter: new Date(Date.now() + DAY_MS),
    keys,
    signingAlgorithm: SIGNING_ALGORITHM,
    extensions: [
      new BasicConstraintsExtension(true, 0, true),
      new KeyUsagesExtension(KeyUsageFlags.keyCertSign | KeyUsageFlags.cRLSign, true),
    ],
  });
  return {
    certificate: certificate.toString('pem'),
    issue: async ({ names, addresses = ['127.0.0.1', '::1'], isExpired = false }) => {
      const own = await createKeys();
      const issued = await X509CertificateGenerator.create({
        subject: `CN=${names[0] ?? 'localhost'}`,
        issuer: certificate.subject,
        notBefore,
        notAfter: new Date(Date.now() + (isExpired ? -HOUR_MS : DAY_MS)),
        publicKey: own.publicKey,
        signingKey: keys.privateKey,
        signingAlgorithm: SIGNING_ALGORITHM,
        extensions: [
          new SubjectAlternativeNameExtension([
            ...names.map((value) => ({ type: 'dns', value }) as const),
            ...addresses.map((value) => ({ type: 'ip', value }) as const),
          ]),
        ],
      });
      return { certificate: issued.toString('pem'), privateKey: await toPem(own.privateKey) };
    },
  };
}

function createKeys(): Promise<webcrypto.CryptoKeyPair> {
  return webcrypto.subtle.generateKey(KEY_ALGORITHM, true, ['sign', 'verify']);
}

async function toPem(privateKey: webcrypto.CryptoKey): Promise<string> {
  const der = Buffer.from(await webcrypto.subtle.exportKey('pkcs8', privateKey));
  return `-----BEGIN PRIVATE KEY-----\n${der.toString('base64')}\n-----END PRIVATE KEY-----\n`;
}
