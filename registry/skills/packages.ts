/** The packages that a skill or plugin names, which say where clients get its files (`packages` in ToolHive's schemas). */
import { hash } from 'node:crypto';
import { defined, isJsonObject, memberOf, objectsOf, textOf } from '../json.ts';
import { attachedBundle } from './provenance.ts';

export interface OciPackage {
  readonly registryType: 'oci';
  /** `ghcr.io/acme/pdf:1.0`, possibly with a digest. */
  readonly identifier: string;
  /** `sha256:…`; it takes precedence over that of the identifier. */
  readonly digest?: string;
}

export interface GitPackage {
  readonly registryType: 'git';
  readonly url: string;
  readonly commit?: string;
  /** A branch or tag. Without it and without a commit, the default branch. */
  readonly ref?: string;
  readonly subfolder?: string;
}

export type NamedPackage = OciPackage | GitPackage;

/** The packages of a document that can be read, pinned ones first. */
export function namedPackages(document: unknown): readonly NamedPackage[] {
  const packages = objectsOf(packagesMember(document)).flatMap((found): NamedPackage[] => {
    const [identifier, url] = [textOf(found['identifier']), textOf(found['url'])];
    if (found['registryType'] === 'oci' && identifier !== undefined) {
      return [{ registryType: 'oci', ...defined({ identifier, digest: textOf(found['digest']) }) }];
    }
    if (found['registryType'] !== 'git' || url === undefined) return [];
    const [commit, ref, subfolder] = ['commit', 'ref', 'subfolder'].map((member) => textOf(found[member]));
    return [{ registryType: 'git', ...defined({ url, commit, ref, subfolder }) }];
  });
  return packages.toSorted((one, other) => Number(isPinned(other)) - Number(isPinned(one)));
}

/** Whether the document says which bytes the package has. */
export function isPinned(named: NamedPackage): boolean {
  if (named.registryType === 'git') return named.commit !== undefined;
  return named.digest !== undefined || named.identifier.includes('@sha256:');
}

/** SHA-256 of everything that the files of an entry and their signature depend on. */
export function namedDigest(document: unknown): Buffer {
  const parts = [packagesMember(document), memberOf(document, 'provenance'), attachedBundle(document)];
  return hash('sha256', JSON.stringify(parts), 'buffer');
}

function packagesMember(document: unknown): unknown {
  return isJsonObject(document) ? document['packages'] : undefined;
}
