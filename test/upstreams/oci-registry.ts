/** A registry of OCI images: the parts of the distribution API that clients read with, anonymous tokens included. */
import { hash } from 'node:crypto';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { buffer } from 'node:stream/consumers';
import { gzipSync } from 'node:zlib';
import tar, { type Header } from 'tar-stream';

const MANIFEST = 'application/vnd.oci.image.manifest.v1+json';
const INDEX = 'application/vnd.oci.image.index.v1+json';
const LAYER = 'application/vnd.oci.image.layer.v1.tar+gzip';

export interface OciUpstream {
  /** `127.0.0.1:1234` */
  readonly host: string;
  /** Method and path of each request. */
  readonly requests: string[];
  /** Makes a tag point to an artifact with these layers; returns its digest. */
  push(image: string, layers: readonly Buffer[]): string;
  /** Makes a tag point to an index of the artifact; returns the digest of the index. */
  pushIndex(image: string, digest: string): string;
  /** The stored content by digest. Tests change it. */
  readonly blobs: Map<string, Buffer>;
  /** Blobs are sent from there instead. */
  redirectBlobsTo?: string | undefined;
  /** All requests are answered with it. */
  failWith?: number | undefined;
  close(): Promise<void>;
}

export async function startOciRegistry(): Promise<OciUpstream> {
  const tags = new Map<string, string>();
  const blobs = new Map<string, Buffer>();
  const requests: string[] = [];
  const store = (bytes: Buffer): string => {
    const digest = `sha256:${hash('sha256', bytes, 'hex')}`;
    blobs.set(digest, bytes);
    return digest;
  };
  const storeJson = (value: object): string => store(Buffer.from(JSON.stringify(value)));
  const answer = (request: IncomingMessage, response: ServerResponse): unknown => {
    const url = new URL(request.url!, 'http://localhost');
    requests.push(`${request.method} ${url.pathname}`);
    if (upstream.failWith !== undefined) return response.writeHead(upstream.failWith).end();
    if (url.pathname === '/token') return response.end(JSON.stringify({ token: url.searchParams.get('scope') }));
    const [, repository = '', kind, reference = ''] =
      /^\/v2\/(.+)\/(manifests|blobs|referrers)\/([^/]+)$/.exec(url.pathname) ?? [];
    const scope = `repository:${repository}:pull`;
    if (request.headers.authorization !== `Bearer ${scope}`) {
      const challenge = `Bearer realm="http://${upstream.host}/token",service="test",scope="${scope}"`;
      return response.writeHead(401, { 'www-authenticate': challenge }).end();
    }
    if (kind === 'blobs' && upstream.redirectBlobsTo !== undefined) {
      return response.writeHead(307, { location: `${upstream.redirectBlobsTo}/${reference}` }).end();
    }
    const digest = kind === 'manifests' ? (tags.get(`${repository}:${reference}`) ?? reference) : reference;
    const bytes = kind === 'referrers' ? undefined : blobs.get(digest);
    if (bytes === undefined) return response.writeHead(404).end();
    response.writeHead(200, { 'docker-content-digest': digest, 'content-length': bytes.length });
    return request.method === 'HEAD' ? response.end() : response.end(bytes);
  };
  const server = createServer((request, response) => void answer(request, response));
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const upstream: OciUpstream = {
    host: `127.0.0.1:${(server.address() as AddressInfo).port}`,
    requests,
    blobs,
    push: (image, layers) => {
      const config = storeJson({});
      const digest = storeJson({
        schemaVersion: 2,
        mediaType: MANIFEST,
        artifactType: 'dev.toolhive.skills.v1',
        config: { mediaType: 'application/vnd.oci.image.config.v1+json', digest: config, size: 2 },
        layers: layers.map((layer) => ({ mediaType: LAYER, digest: store(layer), size: layer.length })),
      });
      tags.set(image, digest);
      return digest;
    },
    pushIndex: (image, digest) => {
      const attestation = { mediaType: MANIFEST, digest: storeJson({}), platform: { os: 'unknown' } };
      const manifest = { mediaType: MANIFEST, digest, size: 1, platform: { os: 'linux', architecture: 'amd64' } };
      const index = storeJson({ schemaVersion: 2, mediaType: INDEX, manifests: [attestation, manifest] });
      tags.set(image, index);
      return index;
    },
    close: async () => {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
  return upstream;
}

export type TarEntry = Pick<Header, 'name'> & Partial<Header> & { readonly content?: string | Buffer };

/** A tar.gz with exactly these entries. */
export async function tarGz(entries: readonly TarEntry[]): Promise<Buffer> {
  const pack = tar.pack();
  const whole = buffer(pack);
  for (const { content = '', ...header } of entries) {
    const size = header.type === undefined || header.type === 'file' ? Buffer.byteLength(content) : 0;
    pack.entry({ ...header, size }, size === 0 ? '' : content);
  }
  pack.finalize();
  return gzipSync(await whole);
}
