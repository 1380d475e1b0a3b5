/** Converts the three generations of the file to the one model. */

import type { Claims } from '../registry/claims.ts';
import { defined } from '../registry/json.ts';
import { auditSettings, authSettings, outboundSettings } from './access.ts';
import { sourceDefinition } from './definition.ts';
import type { Configuration } from './model.ts';
import type { RegistriesFile, SourceFile, SourcesFile } from './schema/file.ts';
import { databaseSettings, serverSettings, type Surroundings, temporalSettings } from './settings.ts';

/** The model without notes about settings that have no effect. */
type Effective = Omit<Configuration, 'notes'>;

type Content = Pick<Effective, 'sources' | 'registries' | 'sourceClaims'>;

/** Generation `sources`: sources, and registries that name them. */
export function fromSourcesFile(file: SourcesFile, surroundings: Surroundings): Effective {
  const content = {
    sources: file.sources.map((source) => sourceDefinition(source.name, source, surroundings)),
    sourceClaims: claimsByName(file.sources),
    registries: file.registries ?? [],
  };
  return configuration(file, content, surroundings);
}

/** Generation `registries`: each item becomes a source and a registry with the same name and claims. */
export function fromRegistriesFile(file: RegistriesFile, surroundings: Surroundings): Effective {
  const content = {
    sources: file.registries.map((registry) => sourceDefinition(registry.name, registry, surroundings)),
    sourceClaims: claimsByName(file.registries),
    registries: file.registries.map(({ name, access, claims }) => ({
      name,
      sources: [name],
      access,
      ...defined({ claims }),
    })),
  };
  return configuration(file, content, surroundings);
}

/** Generation `source`: one source with the name of its registry. */
export function fromSourceFile(file: SourceFile, surroundings: Surroundings): Effective {
  const name = file.registryName;
  const { type: _, ...source } = file.source;
  const written = { ...source, syncPolicy: file.syncPolicy, ...defined({ filter: file.filter }) };
  const content = {
    sources: [sourceDefinition(name, written, surroundings)],
    sourceClaims: {},
    registries: [{ name, sources: [name], access: 'protected' as const }],
  };
  return configuration(file, content, surroundings);
}

function claimsByName(sources: readonly { readonly name: string; readonly claims?: Claims }[]): Record<string, Claims> {
  return Object.fromEntries(sources.flatMap(({ name, claims }) => (claims === undefined ? [] : [[name, claims]])));
}

type Settings = Omit<SourcesFile, 'sources' | 'registries' | 'source'>;

function configuration(file: Settings, content: Content, surroundings: Surroundings): Effective {
  return {
    registryName: file.registryName,
    ...content,
    ...(file.database && { database: databaseSettings(file.database, surroundings) }),
    temporal: temporalSettings(file.temporal, surroundings.folder),
    auth: authSettings(file.auth, surroundings.folder),
    audit: auditSettings(file, surroundings.folder),
    outbound: outboundSettings(file.outbound, surroundings.folder),
    rateLimits: file.rateLimits,
    ...defined({ telemetry: file.telemetry }),
    server: serverSettings(file.server, file.database === undefined),
    log: file.log,
    limits: { publisherExtensionBytes: file.database?.maxMetaSize ?? DEFAULT_PUBLISHER_EXTENSION_BYTES },
  };
}

/** The limit of the official registry. */
const DEFAULT_PUBLISHER_EXTENSION_BYTES = 4096;
