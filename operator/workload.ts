/** The pod that serves a registry. */
import { isJsonObject, type JsonObject, jsonEquals, memberOf, objectsOf, textOf } from '../registry/json.ts';
import {
  CONFIGURATION_FILE,
  environmentOf,
  hasOwnDatabase,
  renderConfiguration,
  type RenderedConfiguration,
} from './configuration.ts';
import { type Reference, referencesInPod } from './pod-parts.ts';
import { rollcallContainer, mergePodTemplate } from './pod-template.ts';
import { CONTAINER, namesOf, type RegistryResource } from './resource.ts';
import { invalidField, SpecFault } from './spec-fault.ts';
import { type RegistryTemporal, temporalVariables } from './temporal-access.ts';

/** Settings of the operator for all registries. */
export interface WorkloadDefaults {
  /** Image of Rollcall. */
  readonly image: string;
  readonly temporal: RegistryTemporal;
}

const PGPASS_CONTAINER = 'setup-pgpass';
const CONFIGURATION_VOLUME = 'registry-server-config';
const PGPASS_SECRET_VOLUME = 'pgpass-secret';
const PGPASS_VOLUME = 'pgpass';
const STORAGE_VOLUME = 'storage-data';
const TEMPORARY_VOLUME = 'temporary';
const PGPASS_FILE = '/home/appuser/.pgpass';

const RESTRICTED = {
  allowPrivilegeEscalation: false,
  capabilities: { drop: ['ALL'] },
  readOnlyRootFilesystem: true,
  runAsNonRoot: true,
  seccompProfile: { type: 'RuntimeDefault' },
};

export interface Workload {
  /** The pod template, without labels and annotations of the operator. */
  readonly template: JsonObject;
  /** Everything that must exist before the pod can start. */
  readonly references: readonly Reference[];
}

/** @throws SpecFault if the template is malformed or uses names that are reserved */
export function renderWorkload(
  resource: RegistryResource,
  rendered: RenderedConfiguration,
  defaults: WorkloadDefaults,
): Workload {
  const { spec } = resource;
  const given = podTemplateOf(spec);
  refuseReservedNames(spec, given);
  const byDefault = defaultTemplate(resource, rendered, defaults);
  const template = mergePodTemplate(given, byDefault);
  refuseDuplicateMounts(template);
  const references = [
    ...rendered.parts.references,
    ...referencesInPod(spec, 'spec'),
    ...referencesInPod(memberOf(given, 'spec'), 'spec.podTemplateSpec.spec'),
  ];
  return { template, references: withoutRepetition(references) };
}

/** `Secret/name`, `ConfigMap/name`, and `PersistentVolumeClaim/name` of everything that a resource refers to. */
export function referencedNames(resource: RegistryResource, defaults: WorkloadDefaults): ReadonlySet<string> {
  try {
    const rendered = renderConfiguration(resource);
    const { references } = renderWorkload(resource, rendered, defaults);
    return new Set(references.map(({ kind, name }) => `${kind}/${name}`));
  } catch (error) {
    // An invalid resource is reconciled again only when it changes.
    if (error instanceof SpecFault) return new Set();
    throw error;
  }
}

/** Checks only the shape of the template. The API server checks its fields. */
function podTemplateOf(spec: JsonObject): JsonObject {
  const written = spec['podTemplateSpec'];
  if (written === undefined) return {};
  const invalid = (problem: string): SpecFault =>
    new SpecFault(
      'InvalidPodTemplateSpec',
      `Failed to parse PodTemplateSpec: ${problem}. Deployment blocked until fixed.`,
    );
  if (!isJsonObject(written)) throw invalid('spec.podTemplateSpec must be an object');
  const podSpec = written['spec'];
  if (podSpec !== undefined && !isJsonObject(podSpec)) throw invalid('spec.podTemplateSpec.spec must be an object');
  for (const list of ['containers', 'initContainers', 'volumes']) {
    const items = memberOf(written, 'spec')[list];
    if (items === undefined) continue;
    const isValid =
      Array.isArray(items) && items.every((item) => isJsonObject(item) && textOf(item['name']) !== undefined);
    if (!isValid) throw invalid(`spec.podTemplateSpec.spec.${list} must be a list of objects with a name`);
  }
  return written;
}

function refuseReservedNames(spec: JsonObject, template: JsonObject): void {
  const hasPgpass = spec['pgpassSecretRef'] !== undefined || spec['databaseConfig'] !== undefined;
  const reserved = [CONFIGURATION_VOLUME, ...(hasPgpass ? [PGPASS_SECRET_VOLUME, PGPASS_VOLUME] : [])];
  const podSpec = memberOf(template, 'spec');
  const volumes = [
    ...objectsOf(spec['volumes']).map((volume) => ['spec.volumes', volume] as const),
    ...objectsOf(podSpec['volumes']).map((volume) => ['spec.podTemplateSpec.spec.volumes', volume] as const),
  ];
  for (const [field, { name }] of volumes) {
    if (reserved.includes(String(name))) throw invalidField(field, `uses the reserved name ${String(name)}: rename it`);
  }
  if (hasPgpass && objectsOf(podSpec['initContainers']).some(({ name }) => name === PGPASS_CONTAINER)) {
    throw invalidField(
      'spec.podTemplateSpec.spec.initContainers',
      `uses the reserved name ${PGPASS_CONTAINER}: rename it`,
    );
  }
  const own = [...objectsOf(spec['volumeMounts']), ...objectsOf(rollcallContainer(template)?.['volumeMounts'])];
  const seen = new Set<string>(['/config', ...(hasPgpass ? [PGPASS_FILE] : [])]);
  for (const { mountPath } of own) {
    const path = String(mountPath).replace(/(?<=.)\/+$/, '');
    if (seen.has(path)) throw invalidField('spec.volumeMounts', `mounts ${path} twice, or over a path of the operator`);
    seen.add(path);
  }
}

function refuseDuplicateMounts(template: JsonObject): void {
  const volumes = objectsOf(memberOf(template, 'spec')['volumes']).map(({ name }) => name);
  for (const { name, mountPath } of objectsOf(rollcallContainer(template)?.['volumeMounts'])) {
    if (!volumes.includes(name)) {
      throw invalidField(
        'spec.volumeMounts',
        `mounts ${String(mountPath)} from the volume ${String(name)}, which is missing in spec.volumes`,
      );
    }
  }
}

function defaultTemplate(
  resource: RegistryResource,
  rendered: RenderedConfiguration,
  defaults: WorkloadDefaults,
): JsonObject {
  const { spec } = resource;
  const { pgpass, parts } = rendered;
  const pullSecrets = objectsOf(spec['imagePullSecrets']);
  return {
    spec: {
      serviceAccountName: namesOf(resource).account,
      enableServiceLinks: false,
      terminationGracePeriodSeconds: 60,
      securityContext: { runAsNonRoot: true, runAsUser: 1000, runAsGroup: 1000, fsGroup: 1000 },
      ...(pullSecrets.length > 0 && { imagePullSecrets: pullSecrets }),
      ...(pgpass !== undefined && { initContainers: [pgpassContainer(pgpass.key, defaults.image)] }),
      containers: [serverContainer(resource, rendered, defaults)],
      volumes: [
        { name: CONFIGURATION_VOLUME, configMap: { name: namesOf(resource).configMap } },
        ...(pgpass === undefined
          ? []
          : [
              { name: PGPASS_SECRET_VOLUME, secret: { secretName: pgpass.name } },
              { name: PGPASS_VOLUME, emptyDir: {} },
            ]),
        { name: STORAGE_VOLUME, emptyDir: {} },
        { name: TEMPORARY_VOLUME, emptyDir: {} },
        ...parts.volumes,
        ...objectsOf(spec['volumes']),
      ],
    },
  };
}

function serverContainer(
  resource: RegistryResource,
  rendered: RenderedConfiguration,
  { image, temporal }: WorkloadDefaults,
): JsonObject {
  const { spec } = resource;
  const { parts, pgpass } = rendered;
  const environment = {
    ...environmentOf(resource),
    ...temporalVariables(resource, rendered, temporal),
    ...(pgpass !== undefined && { PGPASSFILE: PGPASS_FILE }),
    XDG_CACHE_HOME: '/data/cache',
  };
  const probe = (path: string): JsonObject => ({ httpGet: { path, port: 'internal' } });
  return {
    name: CONTAINER,
    image,
    args: [
      'serve',
      `--config=${CONFIGURATION_FILE}`,
      '--address=:8080',
      '--internal-address=:8081',
      '--data-dir=/data/rollcall',
    ],
    env: Object.entries(environment).map(([name, value]) => ({ name, value })),
    ports: [
      { name: 'http', containerPort: 8080 },
      { name: 'internal', containerPort: 8081 },
    ],
    // The first start migrates the database.
    startupProbe: { ...probe('/health'), periodSeconds: 5, failureThreshold: 60 },
    livenessProbe: { ...probe('/health'), periodSeconds: 10 },
    readinessProbe: { ...probe('/readiness'), periodSeconds: 5 },
    resources: {
      requests: { cpu: '100m', memory: hasOwnDatabase(rendered) ? '768Mi' : '512Mi' },
      limits: { memory: '1536Mi' },
    },
    securityContext: RESTRICTED,
    volumeMounts: [
      { name: CONFIGURATION_VOLUME, mountPath: '/config', readOnly: true },
      ...(pgpass === undefined
        ? []
        : [{ name: PGPASS_VOLUME, mountPath: PGPASS_FILE, subPath: '.pgpass', readOnly: true }]),
      { name: STORAGE_VOLUME, mountPath: '/data' },
      { name: TEMPORARY_VOLUME, mountPath: '/tmp' },
      ...parts.mounts,
      ...objectsOf(spec['volumeMounts']),
    ],
  };
}

/**
 * Makes a copy of the password file, because others must not be able to read it, and no mount of a Secret guarantees
 * that.
 */
function pgpassContainer(key: string, image: string): JsonObject {
  const script = 'cp "/pgpass-secret/$KEY" /pgpass/.pgpass && chmod 0600 /pgpass/.pgpass';
  return {
    name: PGPASS_CONTAINER,
    image,
    command: ['sh', '-c', script],
    env: [{ name: 'KEY', value: key }],
    resources: { requests: { cpu: '10m', memory: '16Mi' }, limits: { cpu: '50m', memory: '32Mi' } },
    securityContext: RESTRICTED,
    volumeMounts: [
      { name: PGPASS_SECRET_VOLUME, mountPath: '/pgpass-secret', readOnly: true },
      { name: PGPASS_VOLUME, mountPath: '/pgpass' },
    ],
  };
}

/** Messages name the first field that refers to an object. */
function withoutRepetition(references: readonly Reference[]): Reference[] {
  const seen = new Set<string>();
  return references.filter(({ kind, name, key }) => {
    const identity = JSON.stringify([kind, name, key]);
    if (seen.has(identity)) return false;
    seen.add(identity);
    return true;
  });
}

/** Whether the resource has a template, which could be the reason if the API server refuses the Deployment. */
export function hasPodTemplate({ spec }: RegistryResource): boolean {
  return spec['podTemplateSpec'] !== undefined && !jsonEquals(spec['podTemplateSpec'], {});
}
