/**
 * The parts of a pod that the configuration of a registry needs: volumes, mounts, and the objects that they refer to.
 */
import { createHash } from 'node:crypto';
import { type JsonObject, memberOf, objectsOf, textOf } from '../registry/json.ts';

/** An object that must exist in the namespace of the registry. */
export interface Reference {
  readonly kind: 'Secret' | 'ConfigMap' | 'PersistentVolumeClaim';
  readonly name: string;
  /** A key that the object must have. */
  readonly key?: string;
  /** The field that refers to it, for messages. */
  readonly field: string;
  /** Whether the pod reads it only when it starts, so that a change restarts it. */
  readonly restarts: boolean;
}

/** Volumes, mounts, and references, collected while a resource is translated. */
export class PodParts {
  readonly #volumes = new Map<string, JsonObject>();
  readonly #mounts = new Map<string, JsonObject>();
  readonly references: Reference[] = [];

  get volumes(): JsonObject[] {
    return [...this.#volumes.values()];
  }

  get mounts(): JsonObject[] {
    return [...this.#mounts.values()];
  }

  refer(reference: Reference): void {
    this.references.push(reference);
  }

  /** Mounts a key of a Secret below `/secrets`; returns the path of the file. */
  secretFile(secret: { readonly name: string; readonly key: string; readonly field: string }): string {
    const { name, key, field } = secret;
    const mountPath = `/secrets/${name}`;
    this.refer({ kind: 'Secret', name, key, field, restarts: true });
    this.mount({ name: volumeName('secret', name), secret: { secretName: name } }, { mountPath, readOnly: true });
    return `${mountPath}/${key}`;
  }

  /** Mounts a key of a ConfigMap with certificates; returns the path of the file. */
  certificateFile(configMap: { readonly name: string; readonly key: string; readonly field: string }): string {
    const { name, key, field } = configMap;
    const mountPath = `/config/certs/${name}`;
    this.refer({ kind: 'ConfigMap', name, key, field, restarts: true });
    this.mount({ name: volumeName('certs', name), configMap: { name } }, { mountPath, readOnly: true });
    return `${mountPath}/${key}`;
  }

  mount(volume: JsonObject & { readonly name: string }, mount: JsonObject & { readonly mountPath: string }): void {
    this.#volumes.set(volume.name, volume);
    this.#mounts.set(mount.mountPath, { ...mount, name: volume.name });
  }
}

/** Names of volumes have at most 63 characters and no dots. */
export function volumeName(prefix: string, name: string): string {
  const plain = `${prefix}-${name.replaceAll('.', '-')}`;
  if (plain.length <= 63 && !name.includes('.')) return plain;
  const digest = createHash('sha256').update(name).digest('hex').slice(0, 8);
  return `${plain.slice(0, 54)}-${digest}`;
}

/** The objects that a pod refers to in its volumes and environment, except for optional ones. */
export function referencesInPod(podSpec: JsonObject, field: string): Reference[] {
  return [
    ...objectsOf(podSpec['volumes']).flatMap((volume) => referencesOfVolume(volume, `${field}.volumes`)),
    ...['containers', 'initContainers'].flatMap((list) =>
      objectsOf(podSpec[list]).flatMap((container) => referencesOfContainer(container, `${field}.${list}`)),
    ),
  ];
}

function referencesOfVolume(volume: JsonObject, field: string): Reference[] {
  const at = `${field}[${String(volume['name'])}]`;
  const claim = textOf(memberOf(volume, 'persistentVolumeClaim')['claimName']);
  const sources = [volume, ...objectsOf(memberOf(volume, 'projected')['sources'])];
  return [
    ...(claim === undefined
      ? []
      : [{ kind: 'PersistentVolumeClaim', name: claim, field: at, restarts: false } as const]),
    ...sources.flatMap((source) => [
      ...referenceTo('Secret', memberOf(source, 'secret'), at),
      ...referenceTo('ConfigMap', memberOf(source, 'configMap'), at),
    ]),
  ];
}

function referencesOfContainer(container: JsonObject, field: string): Reference[] {
  const at = `${field}[${String(container['name'])}]`;
  const sources = [
    ...objectsOf(container['env']).map((variable) => memberOf(variable, 'valueFrom')),
    ...objectsOf(container['envFrom']),
  ];
  return sources.flatMap((source) => [
    ...referenceTo('Secret', memberOf(source, 'secretKeyRef'), `${at}.env`),
    ...referenceTo('ConfigMap', memberOf(source, 'configMapKeyRef'), `${at}.env`),
    ...referenceTo('Secret', memberOf(source, 'secretRef'), `${at}.envFrom`),
    ...referenceTo('ConfigMap', memberOf(source, 'configMapRef'), `${at}.envFrom`),
  ]);
}

function referenceTo(kind: 'Secret' | 'ConfigMap', source: JsonObject, field: string): Reference[] {
  const name = textOf(source['name']) ?? textOf(source['secretName']);
  if (name === undefined || source['optional'] === true) return [];
  const key = textOf(source['key']);
  const keys = key === undefined ? objectsOf(source['items']).map((item) => textOf(item['key'])) : [key];
  const reference = { kind, name, field, restarts: true } as const;
  const withKeys = keys.filter((one) => one !== undefined).map((one) => ({ ...reference, key: one }));
  return withKeys.length === 0 ? [reference] : withKeys;
}
