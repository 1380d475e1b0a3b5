/** The three generations of the file, read into the one model. */

import type { SourceDefinition } from '../registry/source-definition.ts';
import { sourceDefinition } from './definition.ts';
import type { Configuration, RegistryDefinition } from './model.ts';
import { present } from './present.ts';
import type { RegistriesFile, SourceFile, SourcesFile } from './schema.ts';
import { databaseSettings, serverSettings, temporalSettings } from './settings.ts';
import type { Surroundings } from './settings.ts';

/** Everything but the notes on what has no effect. */
type Effective = Omit<Configuration, 'notes'>;

interface Content {
  readonly sources: readonly SourceDefinition[];
  readonly registries: readonly RegistryDefinition[];
}

/** Sources, and registries that name them. */
export function fromSourcesFile(file: SourcesFile, surroundings: Surroundings): Effective {
  const content = {
    sources: file.sources.map((source) => sourceDefinition(source.name, source, surroundings)),
    registries: (file.registries ?? []).map(({ name, sources }) => ({ name, sources })),
  };
  return configuration(file, content, surroundings);
}

/** Registries with a source in each: every one becomes a source and a registry of the same name. */
export function fromRegistriesFile(file: RegistriesFile, surroundings: Surroundings): Effective {
  const content = {
    sources: file.registries.map((registry) => sourceDefinition(registry.name, registry, surroundings)),
    registries: file.registries.map(({ name }) => ({ name, sources: [name] })),
  };
  return configuration(file, content, surroundings);
}

/** One source, which has the name of the registry that shows it. */
export function fromSourceFile(file: SourceFile, surroundings: Surroundings): Effective {
  const name = file.registryName;
  const { type: _, ...source } = file.source;
  const written = { ...source, syncPolicy: file.syncPolicy, ...present({ filter: file.filter }) };
  const content = {
    sources: [sourceDefinition(name, written, surroundings)],
    registries: [{ name, sources: [name] }],
  };
  return configuration(file, content, surroundings);
}

type Settings = Pick<SourcesFile, 'registryName' | 'database' | 'temporal' | 'telemetry' | 'server'>;

function configuration(file: Settings, content: Content, surroundings: Surroundings): Effective {
  return {
    registryName: file.registryName,
    ...content,
    ...(file.database && { database: databaseSettings(file.database, surroundings) }),
    temporal: temporalSettings(file.temporal, surroundings.folder),
    auth: { mode: 'anonymous' },
    ...present({ telemetry: file.telemetry }),
    server: serverSettings(file.server, file.database === undefined),
    limits: { publisherExtensionBytes: file.database?.maxMetaSize ?? DEFAULT_PUBLISHER_EXTENSION_BYTES },
  };
}

/** What the official registry allows. */
const DEFAULT_PUBLISHER_EXTENSION_BYTES = 4096;
