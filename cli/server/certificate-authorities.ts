import { readFile } from 'node:fs/promises';
import { getCACertificates, setDefaultCACertificates } from 'node:tls';
import { describeError } from '../../telemetry/describe-error.ts';
import { CommandFailure } from '../terminal/failure.ts';

/**
 * Trusts the certificate authorities in a PEM file, in addition to the default ones.
 *
 * @param path does nothing if it is undefined
 * @throws CommandFailure if the file can't be read or contains no certificate
 */
export async function trustCertificateAuthorities(path: string | undefined): Promise<void> {
  if (path === undefined) return;
  try {
    const authorities = await readFile(path, 'utf8');
    // Node ignores text without one.
    if (!/-----BEGIN (?:TRUSTED |X509 )?CERTIFICATE-----/.test(authorities)) {
      throw new Error('it contains no certificate in PEM format');
    }
    setDefaultCACertificates([...getCACertificates('default'), authorities]);
  } catch (error) {
    throw new CommandFailure(`Can't use the certificate authorities in ${path}: ${describeError(error)}`);
  }
}
