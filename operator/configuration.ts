/** Translates a resource of any shape to the configuration file of its registry. Pure. */
import { stringify } from 'yaml';
import { describeFinding, ConfigurationError } from '../config/faults.ts';
import { parseConfiguration } from '../config/load.ts';
import type { Configuration } from '../config/model.ts';
import { defined, isJsonObject, type JsonObject, objectsOf } from '../registry/json.ts';
import { translateAccess } from './access-configuration.ts';
import { type PasswordLine, type SecretKey, translateDatabase } from './database-configuration.ts';
import { PodParts } from './pod-parts.ts';
import { namesOf, type RegistryResource } from './resource.ts';
import { translateSource } from './source-configuration.ts';
import { invalidField, required, SpecFault } from './spec-fault.ts';

/** Path of the configuration file in the pod. */
export const CONFIGURATION_FILE = '/config/config.yaml';

export interface RenderedConfiguration {
  /** The content of `config.yaml`. */
  readonly text: string;
  /** The configuration that Rollcall reads from it. */
  readonly configuration: Configuration;
  readonly parts: PodParts;
  /** The Secret with the password file, if there is one. */
  readonly pgpass?: SecretKey;
  /** Passwords from which the Secret is generated. */
  readonly passwords: readonly PasswordLine[];
  /** The field that defines each source, by its name. */
  readonly fieldsOfSources: ReadonlyMap<string, string>;
  /** Settings without effect. */
  readonly notes: readonly string[];
}

/** @throws SpecFault naming the field, or the line of `configYAML`, and what to do */
export function renderConfiguration(resource: RegistryResource): RenderedConfiguration {
  const { spec } = resource;
  const shapes = ['configYAML', 'registries', 'sources'].filter((key) => spec[key] !== undefined);
  if (spec['configYAML'] !== undefined) return renderWritten(resource);
  if (shapes.length === 0) {
    throw invalidField('spec', 'defines no sources: set one of configYAML, registries, and sources');
  }
  return renderStructured(resource);
}

function renderWritten(resource: RegistryResource): RenderedConfiguration {
  const text = required(resource.spec, 'configYAML', 'spec');
  const parts = new PodParts();
  const configuration = validate(text, resource, (faults) => {
    const lines = faults.map((fault) => describeFinding(fault).replace(`${CONFIGURATION_FILE}:`, 'line '));
    return `spec.configYAML isn't valid: ${lines.join('; ')}`;
  });
  return {
    text,
    configuration,
    parts,
    passwords: [],
    ...pgpassOf(resource.spec, parts),
    fieldsOfSources: new Map(configuration.sources.map(({ name }) => [name, `source ${name} in spec.configYAML`])),
    notes: configuration.notes.map(describeFinding),
  };
}

function pgpassOf(spec: JsonObject, parts: PodParts): { readonly pgpass?: SecretKey } {
  const reference = spec['pgpassSecretRef'];
  if (!isJsonObject(reference)) return {};
  const field = 'spec.pgpassSecretRef';
  const pgpass = { name: required(reference, 'name', field), key: required(reference, 'key', field) };
  parts.refer({ kind: 'Secret', ...pgpass, field, restarts: true });
  return { pgpass };
}

/** Names for the source that discovers the servers of the namespace, which every resource with `registries` has. */
const CLUSTER_SOURCE_NAMES = ['default', 'kubernetes'];

function renderStructured(resource: RegistryResource): RenderedConfiguration {
  const { spec, name } = resource;
  const parts = new PodParts();
  const list = spec['sources'] === undefined ? 'registries' : 'sources';
  const written = objectsOf(spec[list]).map((source, index) => ({ source, field: `spec.${list}[${index}]` }));
  const translated = written.map(({ source, field }) => ({ field, ...translateSource(source, field, parts) }));
  const sources = translated.map(({ source }) => source);
  const discovered = list === 'registries' ? clusterSource(sources) : [];
  const database = translateDatabase(spec['databaseConfig'], parts);
  const auth = translateAccess(spec, parts);
  const file = {
    registryName: name,
    ...(list === 'sources'
      ? { sources, ...defined({ registries: spec['registries'] }) }
      : { registries: [...discovered, ...sources] }),
    ...defined({ database: database?.database, telemetry: spec['telemetryConfig'] }),
    // Without authentication, changes are only accepted under the host names of the Service.
    ...(auth['mode'] === 'anonymous' && { server: { publicHosts: hostsOf(resource) } }),
    auth,
  };
  const text = stringify(file, { lineWidth: 0 });
  const configuration = validate(text, resource, (faults) =>
    faults.map(({ message }) => fieldInSpec(message, discovered.length)).join('; '),
  );
  const passwords = database?.passwords ?? [];
  return {
    text,
    configuration,
    parts,
    passwords,
    ...(passwords.length > 0 && { pgpass: { name: namesOf(resource).pgpassSecret, key: '.pgpass' } }),
    fieldsOfSources: new Map(translated.map(({ source, field }) => [source.name, field])),
    notes: [
      ...translated.flatMap(({ notes }) => notes),
      ...(spec['enforceServers'] === true
        ? ["spec.enforceServers has no effect: Rollcall doesn't admit workloads"]
        : []),
      ...configuration.notes.map(({ message }) => message),
    ],
  };
}

/** Replaces the configuration path at the start of a fault by the path in the resource. */
function fieldInSpec(message: string, discovered: number): string {
  return message
    .replace(/^registries\[(\d+)\]/, (_, index: string) => `registries[${Number(index) - discovered}]`)
    .replace(/^database\b/, 'databaseConfig')
    .replace(/^/, 'spec.');
}

function clusterSource(sources: readonly { readonly name: string }[]): JsonObject[] {
  const free = CLUSTER_SOURCE_NAMES.find((candidate) => sources.every(({ name }) => name !== candidate));
  return free === undefined ? [] : [{ name: free, kubernetes: {} }];
}

function hostsOf(resource: RegistryResource): string[] {
  const service = namesOf(resource).workload;
  const { namespace } = resource;
  return [
    service,
    `${service}.${namespace}`,
    `${service}.${namespace}.svc`,
    `${service}.${namespace}.svc.cluster.local`,
  ];
}

/** The variables of the pod that affect the configuration. */
export function environmentOf({ namespace }: Pick<RegistryResource, 'namespace'>): Record<string, string> {
  return { THV_REGISTRY_WATCH_NAMESPACE: namespace };
}

function validate(
  text: string,
  resource: RegistryResource,
  describe: (faults: ConfigurationError['faults']) => string,
): Configuration {
  try {
    return parseConfiguration(text, { path: CONFIGURATION_FILE, environment: environmentOf(resource) });
  } catch (error) {
    if (!(error instanceof ConfigurationError)) throw error;
    throw new SpecFault('ConfigurationInvalid', describe(error.faults));
  }
}

/** Whether each pod has its own database, so that only one pod can run. */
export function hasOwnDatabase({ configuration }: RenderedConfiguration): boolean {
  return configuration.database === undefined;
}
