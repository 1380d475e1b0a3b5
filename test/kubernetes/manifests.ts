/** The manifests that users apply, applied like `kubectl apply`. */
import { readFile } from 'node:fs/promises';
import { parseAllDocuments } from 'yaml';
import type { ApiServer, Answer } from './api-server.ts';

export interface Manifest {
  readonly apiVersion: string;
  readonly kind: string;
  readonly metadata: {
    readonly name: string;
    readonly namespace?: string;
    readonly labels?: Readonly<Record<string, string>>;
  };
  readonly [member: string]: unknown;
}

const FOLDER = new URL('../../deploy/kubernetes/', import.meta.url);
const CLUSTER_WIDE = ['Namespace', 'ClusterRole', 'ClusterRoleBinding', 'CustomResourceDefinition'];

export async function readManifests(name: string): Promise<Manifest[]> {
  const text = await readFile(new URL(name, FOLDER), 'utf8');
  return parseAllDocuments(text).map((document) => document.toJS() as Manifest);
}

/** Strict: a field that the API server doesn't know is refused. */
export async function apply(server: ApiServer, manifest: Manifest): Promise<Answer['body']> {
  const query = 'fieldManager=test&force=true&fieldValidation=Strict';
  return await server.do('PATCH', `${pathOf(manifest)}?${query}`, {
    json: manifest,
    type: 'application/apply-patch+yaml',
  });
}

export async function applyAll(server: ApiServer, name: string): Promise<Manifest[]> {
  const manifests = await readManifests(name);
  for (const manifest of manifests) await apply(server, manifest);
  return manifests;
}

export async function remove(server: ApiServer, manifest: Manifest): Promise<void> {
  await server.do('DELETE', pathOf(manifest));
}

export function pathOf({ apiVersion, kind, metadata }: Pick<Manifest, 'apiVersion' | 'kind' | 'metadata'>): string {
  const root = apiVersion.includes('/') ? `/apis/${apiVersion}` : `/api/${apiVersion}`;
  const namespace = CLUSTER_WIDE.includes(kind) ? '' : `/namespaces/${metadata.namespace ?? 'default'}`;
  const plural = apiVersion.startsWith('rollcall.dev/') ? 'rollcallregistries' : pluralOf(kind.toLowerCase());
  return `${root}${namespace}/${plural}/${metadata.name}`;
}

function pluralOf(kind: string): string {
  if (kind.endsWith('y')) return `${kind.slice(0, -1)}ies`;
  return kind.endsWith('s') ? `${kind}es` : `${kind}s`;
}
