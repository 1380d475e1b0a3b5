import type { OutboundGuard } from '../outbound/guard.ts';
import type { FoundFile } from './storable-files.ts';

/** Reads the packages of one type (`registryType`) that documents name, without credentials. */
export interface PackageReader<Named> {
  /**
   * Asks which bytes the package has, without downloading them.
   *
   * @throws RollcallError if that can't be found out
   */
  resolve(named: Named, access: PackageAccess): Promise<ResolvedPackage>;
  /**
   * Downloads the files. `fault` says why they can't be stored, as a phrase that follows "the skill" or "the plugin".
   *
   * @throws RollcallError if they can't be downloaded
   */
  read(
    named: Named,
    resolved: ResolvedPackage,
    access: PackageAccess,
  ): Promise<readonly FoundFile[] | { readonly fault: string }>;
}

export interface PackageAccess {
  /** Documents name any host, so the limits of sources that were created through the API apply. */
  readonly guard: OutboundGuard;
  readonly signal: AbortSignal;
}

export interface ResolvedPackage {
  /** The package with its pin: packages of the same name have the same files. */
  readonly name: string;
  /** The commit, or the digest of the manifest. */
  readonly pin: string;
}
