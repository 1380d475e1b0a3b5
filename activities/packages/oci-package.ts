/** Reads the files of `oci` packages: artifacts whose layers are tar archives, as ToolHive and other tools push them. */
import { RollcallError } from '../../registry/failure.ts';
import { isJsonObject, type JsonObject, memberOf, objectsOf, textOf } from '../../registry/json.ts';
import { MAX_CONTENT_BYTES, TOO_LARGE } from '../../registry/scan/layout.ts';
import type { OciPackage } from '../../registry/skills/packages.ts';
import { type OciImage, ociImage, type OciReader } from '../../outbound/oci-registry.ts';
import type { PackageReader, ResolvedPackage } from '../../sources/package-reader.ts';
import type { FoundFile } from '../../sources/storable-files.ts';
import { filesOfArchives } from './archive-files.ts';

const MANIFESTS = [
  'application/vnd.oci.image.manifest.v1+json',
  'application/vnd.oci.image.index.v1+json',
  'application/vnd.docker.distribution.manifest.v2+json',
  'application/vnd.docker.distribution.manifest.list.v2+json',
].join(', ');
const DIGEST = /^sha256:[0-9a-f]{64}$/;
const MAX_LAYERS = 16;

/** @param reader keeps tokens, and knows the hosts that don't answer */
export function ociPackages(reader: OciReader): PackageReader<OciPackage> {
  return {
    async resolve(named, { signal }) {
      const image = imageOf(named);
      const digest = named.digest ?? image.digest ?? (await reader.until(signal).digestOf(image, image.tag, MANIFESTS));
      if (digest === null) throw new RollcallError('UpstreamNotFound', `${image.name} has no tag ${image.tag}`);
      if (!DIGEST.test(digest)) throw new RollcallError('UpstreamInvalid', `${digest} isn't a SHA-256 digest`);
      return { name: `${image.name}@${digest}`, pin: digest };
    },
    read: async (named, resolved, { signal }) => await readFiles(reader.until(signal), imageOf(named), resolved),
  };
}

function imageOf({ identifier }: OciPackage): OciImage {
  const image = ociImage(identifier);
  if (image !== null) return image;
  throw new RollcallError('UpstreamInvalid', `${identifier} isn't an image with the name of its registry`);
}

async function readFiles(
  reader: OciReader,
  image: OciImage,
  { name, pin }: ResolvedPackage,
): Promise<readonly FoundFile[] | { readonly fault: string }> {
  const layers = await layersOf(reader, image, pin);
  if (layers.length === 0 || layers.length > MAX_LAYERS) {
    throw new RollcallError('UpstreamInvalid', `${name} has ${layers.length} layers`);
  }
  const archives: Buffer[] = [];
  let size = 0;
  for (const layer of layers) {
    const digest = textOf(layer['digest']) ?? '';
    if (!DIGEST.test(digest)) throw new RollcallError('UpstreamInvalid', `${name} has a layer without a digest`);
    // Compressed archives are smaller than what is in them.
    size += Number(layer['size']);
    if (!(size <= MAX_CONTENT_BYTES)) return { fault: TOO_LARGE };
    const archive = await reader.blob(image, digest, { maxBytes: MAX_CONTENT_BYTES });
    if (archive === null) throw new RollcallError('UpstreamNotFound', `${image.name} has no layer ${digest}`);
    archives.push(archive);
  }
  return await filesOfArchives(archives);
}

/** The layers of a manifest, or of the first one in an index: the files are the same on all platforms. */
async function layersOf(reader: OciReader, image: OciImage, digest: string): Promise<readonly JsonObject[]> {
  const manifest = await manifestOf(reader, image, digest);
  const inner = objectsOf(manifest['manifests']).find(
    // Attestations of an image are in its index, too.
    (entry) => memberOf(entry, 'platform')['os'] !== 'unknown',
  );
  const innerDigest = textOf(inner?.['digest']);
  if (innerDigest === undefined || !DIGEST.test(innerDigest)) return objectsOf(manifest['layers']);
  return objectsOf((await manifestOf(reader, image, innerDigest))['layers']);
}

async function manifestOf(reader: OciReader, image: OciImage, digest: string): Promise<JsonObject> {
  const manifest = await reader.manifest(image, digest, MANIFESTS);
  if (manifest === null) throw new RollcallError('UpstreamNotFound', `${image.name} has no manifest ${digest}`);
  return isJsonObject(manifest) ? manifest : {};
}
