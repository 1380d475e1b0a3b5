/**
 * Connects the pods of registries to Temporal like the operator, with credentials from a Secret in their own namespace.
 */
import type { TemporalSettings } from '../config/model.ts';
import { defined, type JsonObject, memberOf, objectsOf } from '../registry/json.ts';
import type { RenderedConfiguration } from './configuration.ts';
import { rollcallContainer } from './pod-template.ts';
import { type RegistryResource, temporalNamespaceOf } from './resource.ts';
import { invalidField } from './spec-fault.ts';

const ADDRESS = 'THV_REGISTRY_TEMPORAL_ADDRESS';
const NAMESPACE = 'THV_REGISTRY_TEMPORAL_NAMESPACE';
const SERVER_NAME = 'THV_REGISTRY_TEMPORAL_TLS_SERVERNAME';
/** Keys of the Secret, and the variables with the paths of their files. */
const CREDENTIALS = {
  'ca.crt': 'THV_REGISTRY_TEMPORAL_TLS_CAFILE',
  'tls.crt': 'THV_REGISTRY_TEMPORAL_TLS_CERTIFICATEFILE',
  'tls.key': 'THV_REGISTRY_TEMPORAL_TLS_KEYFILE',
  'api-key': 'THV_REGISTRY_TEMPORAL_APIKEYFILE',
} as const;

export interface RegistryTemporal {
  /** `host:port`, as reachable from the pods. */
  readonly address: string;
  /** The expected host name in the certificate of the server. */
  readonly serverName?: string;
  /** Secret with credentials in the namespace of each registry. */
  readonly secret: string;
  /** The keys that the Secret must contain; empty if no Secret is needed. */
  readonly keys: readonly (keyof typeof CREDENTIALS)[];
}

/** @param operator the connection of the operator itself */
export function registryTemporal(
  { tls, apiKey }: Pick<TemporalSettings, 'tls' | 'apiKey'>,
  { address, secret }: Pick<RegistryTemporal, 'address' | 'secret'>,
): RegistryTemporal {
  const keys: RegistryTemporal['keys'] = [
    ...(tls?.caFile === undefined ? [] : (['ca.crt'] as const)),
    ...(tls?.certificateFile === undefined ? [] : (['tls.crt', 'tls.key'] as const)),
    ...(apiKey === undefined ? [] : (['api-key'] as const)),
  ];
  // At least one variable must be set to enable TLS.
  const byDefault = tls !== undefined && keys.length === 0 ? address.replace(/:\d+$/, '') : undefined;
  return { address, secret, keys, ...defined({ serverName: tls?.serverName ?? byDefault }) };
}

/** The variables of the pod about Temporal. Mounts the credentials that they need. */
export function temporalVariables(
  resource: RegistryResource,
  { configuration, parts }: RenderedConfiguration,
  { address, serverName, secret, keys }: RegistryTemporal,
): Record<string, string> {
  if (configuration.temporal.address !== undefined) return {};
  const given = variablesOf(resource);
  if (!given.has(ADDRESS) && given.has(NAMESPACE)) {
    throw invalidField(
      'spec.podTemplateSpec',
      `sets ${NAMESPACE} without ${ADDRESS}: set the annotation rollcall.dev/temporal-namespace instead`,
    );
  }
  const namespace = { [NAMESPACE]: temporalNamespaceOf(resource) };
  // The credentials are only for the operator's server.
  if (given.has(ADDRESS)) return namespace;
  const files = keys.map((key) => [
    CREDENTIALS[key],
    parts.secretFile({ name: secret, key, field: '--registry-temporal-secret of the operator' }),
  ]);
  return {
    [ADDRESS]: address,
    ...namespace,
    ...defined({ [SERVER_NAME]: serverName }),
    ...(Object.fromEntries(files) as Record<string, string>),
  };
}

/** Whether a registry uses its own Temporal server, which the operator doesn't know. */
export function hasOwnTemporal(resource: RegistryResource, { configuration }: RenderedConfiguration): boolean {
  return configuration.temporal.address !== undefined || variablesOf(resource).has(ADDRESS);
}

function variablesOf({ spec }: RegistryResource): ReadonlySet<unknown> {
  const container: JsonObject | undefined = rollcallContainer(memberOf(spec, 'podTemplateSpec'));
  return new Set(objectsOf(container?.['env']).map(({ name }) => name));
}
