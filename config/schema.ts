/**
 * The configuration file in its three generations. They differ in how they say where servers come from:
 *
 * - `sources`: a list of sources, and registries that name them (the current form);
 * - `registries`: a list of registries, each with a source of its own in it;
 * - `source`: one source, with `syncPolicy` and `filter` beside it.
 */

import { z } from 'zod';

import { isJsonObject, type JsonObject } from '../registry/json.ts';
import { access, checkAccess, claims } from './access-schema.ts';
import { mapping, mappingsOf, namedList, refused, withRule } from './mapping.ts';
import type { Report } from './mapping.ts';
import { registryName, sourceName, text } from './scalars.ts';
import { settings } from './settings-schema.ts';
import { didYouMean } from './suggestion.ts';
import { checkInterval, checkSource, filter, sourceKinds, sourceOptions, syncPolicy } from './source-schema.ts';

const commonSettings = {
  registryName: registryName.default('default').describe('Name of the default registry. Default `default`'),
  ...settings,
};

/** What is written of a source beside its name. */
export const sourceMembers = { ...sourceKinds, ...sourceOptions, claims };

/** A source with its name, in the file or as the admin API takes it. */
export const namedSource = withRule(mapping({ name: sourceName, ...sourceMembers }), (source, report) => {
  checkSource(source, report);
  checkInterval(source, source['syncPolicy'], report);
});

/** What is written of a registry beside its name. */
export const registryMembers = {
  sources: z.array(text).min(1, 'is empty: name at least one source').describe('In order of precedence'),
  access,
  claims,
};

/** A registry with its name, in the file or as the admin API takes it. */
export const namedRegistry = withRule(mapping({ name: registryName, ...registryMembers }), checkAccess);

const sourcesFile = withRule(
  mapping({
    sources: namedList(
      namedSource,
      'write at least one, such as `sources: [{name: catalog, file: {path: servers.json}}]`',
    ),
    registries: namedList(namedRegistry).exactOptional(),
    source: refused('belongs to an older form of the file: add it to `sources`'),
    ...commonSettings,
  }),
  ({ sources, registries }, report) => {
    const known = new Map(mappingsOf(sources).map(([, source]) => [source['name'], source]));
    for (const [index, registry] of mappingsOf(registries)) {
      checkRegistrySources(registry['sources'], known, (path, message) => {
        report(['registries', index, 'sources', ...path], message);
      });
    }
  },
);

/** @param known the sources that there are, as they are written, by their names. */
export function checkRegistrySources(names: unknown, known: ReadonlyMap<unknown, JsonObject>, report: Report): void {
  if (!Array.isArray(names)) return;
  const seen = new Set<string>();
  let managed: string | undefined;
  for (const [index, name] of names.entries()) {
    if (typeof name !== 'string') continue;
    const source = known.get(name);
    if (source === undefined) {
      report([index], `there is no source \`${name}\`${didYouMean(name, textsOf(known.keys()))}`);
    } else if (seen.has(name)) {
      report([index], `\`${name}\` is there already`);
    } else if (source['managed'] !== undefined) {
      if (managed !== undefined) {
        report([index], `is managed like \`${managed}\`: a registry can publish to one managed source only`);
      }
      managed ??= name;
    }
    seen.add(name);
  }
}

function textsOf(values: Iterable<unknown>): string[] {
  return [...values].filter((value) => typeof value === 'string');
}

const inlineRegistry = withRule(
  mapping({
    name: sourceName.pipe(registryName),
    ...sourceKinds,
    ...sourceOptions,
    access,
    claims,
    configMapRef: refused('belongs to the MCPRegistry resource: write `configMap: {name: …, key: …}`'),
    pvcRef: refused('belongs to the MCPRegistry resource: mount the volume and write `file: {path: …}`'),
    sources: refused('names sources where the file has no list `sources`'),
  }),
  (registry, report) => {
    checkSource(registry, report);
    checkInterval(registry, registry['syncPolicy'], report);
    checkAccess(registry, report);
  },
);

const registriesFile = mapping({ registries: namedList(inlineRegistry), ...commonSettings });

const KIND_OF_TYPE = ['git', 'api', 'file'] as const;

const onlySource = mapping({
  type: z.enum(KIND_OF_TYPE),
  format: sourceOptions.format,
  git: sourceKinds.git,
  api: sourceKinds.api,
  file: sourceKinds.file,
});

const sourceFile = withRule(
  mapping({
    source: onlySource,
    syncPolicy: syncPolicy.prefault({}),
    filter: filter.exactOptional(),
    ...commonSettings,
    registryName: sourceName.pipe(registryName).default('default').describe('Also the name of the source'),
    registries: refused('belongs to a newer form of the file: use `sources` and `registries`, or `source` alone'),
  }),
  ({ source, syncPolicy: policy, auth }, report) => {
    if (isJsonObject(auth) && auth['authz'] !== undefined) {
      report(['auth', 'authz'], 'needs claims, which this older form of the file has no place for: use `sources`');
    }
    if (!isJsonObject(source)) return;
    const type = source['type'];
    checkSource(source, (path, message) => {
      report(['source', ...path], message);
    });
    checkInterval(source, policy, report);
    const other = KIND_OF_TYPE.find((kind) => kind !== type && source[kind] !== undefined);
    if (other !== undefined) report(['source', other], `does not belong to a source of the type \`${String(type)}\``);
  },
);

export const GENERATIONS = { sources: sourcesFile, registries: registriesFile, source: sourceFile } as const;
export type Generation = keyof typeof GENERATIONS;

export type SourcesFile = z.output<typeof sourcesFile>;
export type RegistriesFile = z.output<typeof registriesFile>;
export type SourceFile = z.output<typeof sourceFile>;

/** The generation that a file was written for, told by its keys; the current one where nothing tells. */
export function generationOf(file: JsonObject): Generation {
  if (file['sources'] !== undefined) return 'sources';
  if (file['source'] !== undefined) return 'source';
  const registries = mappingsOf(file['registries']);
  const allNameSources = registries.every(([, registry]) => registry['sources'] !== undefined);
  return registries.length === 0 || allNameSources ? 'sources' : 'registries';
}
