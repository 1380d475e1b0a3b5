/** Finds the Sigstore bundles that are attached to an OCI manifest. */
import { isJsonObject, objectsOf, textOf } from '../../registry/json.ts';
import type { Subject } from '../../registry/skills/provenance.ts';
import { ociImage, type OciReader, type OciRepository } from '../../outbound/oci-registry.ts';

const INDEX = 'application/vnd.oci.image.index.v1+json';
const MANIFEST = 'application/vnd.oci.image.manifest.v1+json';
const BUNDLE = /^application\/vnd\.dev\.sigstore\.bundle\b/;
/** Anyone with write access can attach more. */
const MAX_BUNDLES = 10;

/**
 * The bundles of a manifest, by the referrers API or, for registries without it, the tag `sha256-<digest>`.
 *
 * @throws RollcallError if the registry can't be read
 */
export async function bundlesOf(reader: OciReader, { image = '', digest }: Subject): Promise<readonly unknown[]> {
  const repository = ociImage(image);
  if (repository === null) return [];
  const referrers =
    (await reader.json(repository, `referrers/sha256:${digest}`, INDEX)) ??
    (await reader.json(repository, `manifests/sha256-${digest}`, INDEX));
  const manifests = objectsOf(isJsonObject(referrers) ? referrers['manifests'] : undefined).filter((manifest) =>
    BUNDLE.test(textOf(manifest['artifactType']) ?? ''),
  );
  const bundles: unknown[] = [];
  for (const manifest of manifests.slice(0, MAX_BUNDLES)) {
    bundles.push(...(await bundlesIn(reader, repository, textOf(manifest['digest']) ?? '')));
  }
  return bundles;
}

/** The layer of a manifest is the bundle. What it proves doesn't depend on who sends it, so digests aren't compared. */
async function bundlesIn(reader: OciReader, repository: OciRepository, digest: string): Promise<unknown[]> {
  const manifest = await reader.json(repository, `manifests/${digest}`, MANIFEST);
  const layer = objectsOf(isJsonObject(manifest) ? manifest['layers'] : undefined).find((candidate) =>
    BUNDLE.test(textOf(candidate['mediaType']) ?? ''),
  );
  if (layer === undefined) return [];
  const bundle = await reader.json(repository, `blobs/${textOf(layer['digest']) ?? ''}`, '*/*');
  return bundle === null ? [] : [bundle];
}
