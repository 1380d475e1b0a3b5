/** The keys and certificate authorities of Sigstore: from a file, or the public ones, which are updated by TUF. */
import { readFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { TrustedRoot } from '@sigstore/protobuf-specs';
import { getTrustedRoot } from '@sigstore/tuf';
import { toTrustMaterial, Verifier } from '@sigstore/verify';
import { RollcallError } from '../../registry/failure.ts';

const REFRESH_MS = 24 * 3_600_000;
/** Time until the next attempt after a failure. */
const RETRY_MS = 10 * 60_000;

const verifiers = new Map<string, { readonly verifier: Promise<Verifier>; readonly until: number }>();

/**
 * A verifier with current keys, kept for a day.
 *
 * @param file a trusted_root.json; undefined for the public good instance of Sigstore
 * @throws RollcallError if the keys can't be read
 */
export async function currentVerifier(file: string | undefined): Promise<Verifier> {
  const key = file ?? '';
  const known = verifiers.get(key);
  if (known !== undefined && known.until > Date.now()) return await known.verifier;
  const verifier = (file === undefined ? publicRoot() : rootOf(file)).then(
    (root) => new Verifier(toTrustMaterial(root)),
  );
  verifiers.set(key, { verifier, until: Date.now() + REFRESH_MS });
  verifier.catch(() => verifiers.set(key, { verifier, until: Date.now() + RETRY_MS }));
  return await verifier;
}

async function rootOf(file: string): Promise<TrustedRoot> {
  try {
    return TrustedRoot.fromJSON(JSON.parse(await readFile(file, 'utf8')));
  } catch (cause) {
    throw new RollcallError('SecretUnavailable', `the trust root ${file} could not be read (outbound.trustedRoot)`, {
      cause,
    });
  }
}

async function publicRoot(): Promise<TrustedRoot> {
  try {
    return await getTrustedRoot({ cachePath: join(tmpdir(), 'rollcall-sigstore') });
  } catch (cause) {
    const message =
      "Sigstore's public keys could not be fetched: without access to the internet, set outbound.trustedRoot";
    throw new RollcallError('UpstreamUnavailable', message, { cause });
  }
}
