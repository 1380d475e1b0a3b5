import { readFile } from 'node:fs/promises';
import { getCACertificates, setDefaultCACertificates } from 'node:tls';
import { CommandFailure, describeError } from '../terminal/failure.ts';

/**
 * Has this process trust what is in the file (PEM) beside the certificate authorities that it trusts anyway.
 *
 * @throws CommandFailure where it can't be read or holds no certificate
 */
export async function trustCertificateAuthorities(path: string): Promise<void> {
  try {
    setDefaultCACertificates([...getCACertificates('default'), await readFile(path, 'utf8')]);
  } catch (error) {
    throw new CommandFailure(`The certificate authorities in ${path} can't be used: ${describeError(error)}`);
  }
}

/** What Node calls it where a certificate comes from an authority that it does not trust. */
const UNKNOWN_AUTHORITY: ReadonlySet<string> = new Set([
  'DEPTH_ZERO_SELF_SIGNED_CERT',
  'SELF_SIGNED_CERT_IN_CHAIN',
  'UNABLE_TO_GET_ISSUER_CERT',
  'UNABLE_TO_GET_ISSUER_CERT_LOCALLY',
  'UNABLE_TO_VERIFY_LEAF_SIGNATURE',
]);

/** What went wrong on the way to a server, and where it is a matter of trust, what to do. */
export function describeConnectionError(error: unknown): string {
  const isUnknown = error instanceof Error && 'code' in error && UNKNOWN_AUTHORITY.has(String(error.code));
  return isUnknown
    ? 'its certificate is of an authority that is not known here: name that one with --ca-file'
    : describeError(error);
}
