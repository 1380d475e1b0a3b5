import { readFile } from 'node:fs/promises';
import { getCACertificates, setDefaultCACertificates } from 'node:tls';
import { CommandFailure, describeError } from './failure.ts';

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
