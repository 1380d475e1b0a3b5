/**
 * Schemas of the three generations of the configuration file. They differ in how they define sources:
 *
 * - `sources`: a list of sources, and registries that name them (the current form);
 * - `registries`: a list of registries, each with an inline source;
 * - `source`: one source, with top-level `syncPolicy` and `filter`.
 */

import { z } from 'zod';

import { isJsonObject, type JsonObject } from '../../registry/json.ts';
import { access, checkAccess, claims } from './access.ts';
import { mapping, mappingsOf, namedList, refused, type Report, withRule } from './mapping.ts';
import { registryName, sourceName, text } from './scalars.ts';
import { settings } from './settings.ts';
import { didYouMean } from '../suggestion.ts';
import { checkInterval, checkSource, filter, kindMembers, sourceOptions, syncPolicy } from './source.ts';

const commonSettings = {
  registryName: registryName.default('default').describe('Name of the default registry. Default `default`'),
  ...settings,
};

/** The members of a source except its name. */
export const sourceMembers = { ...kindMembers, ...sourceOptions, claims };

/** A named source, in the file or in the admin API. */
export const namedSource = withRule(mapping({ name: sourceName, ...sourceMembers }), (source, report) => {
  checkSource(source, report);
  checkInterval(source, source['syncPolicy'], report);
});

export const registryMembers = {
  sources: z.array(text).min(1, 'is empty: name at least one source').describe('In order of precedence'),
  access,
  claims,
};

/** A named registry, in the file or in the admin API. */
export const namedRegistry = withRule(mapping({ name: registryName, ...registryMembers }), checkAccess);

const sourcesFile = withRule(
  mapping({
    sources: namedList(
      namedSource,
      'write at least one, such as `sources: [{name: catalog, file: {path: servers.json}}]`',
    ),
    registries: namedList(namedRegistry).exactOptional(),
    source: refused('belongs to an older generation of the file: add it to `sources`'),
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

/** @param known the existing sources as written, by name */
export function checkRegistrySources(names: unknown, known: ReadonlyMap<unknown, JsonObject>, report: Report): void {
  if (!Array.isArray(names)) return;
  const seen = new Set<string>();
  let managed: string | undefined;
  for (const [index, name] of names.entries()) {
    if (typeof name !== 'string') continue;
    const source = known.get(name);
    if (source === undefined) {
      report([index], `unknown source \`${name}\`${didYouMean(name, textsOf(known.keys()))}`);
    } else if (seen.has(name)) {
      report([index], `\`${name}\` is a duplicate`);
    } else if (source['managed'] !== undefined) {
      if (managed !== undefined) {
        report([index], `is managed, like \`${managed}\`: a registry can have only one managed source`);
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
    ...kindMembers,
    ...sourceOptions,
    access,
    claims,
    configMapRef: refused('belongs to the MCPRegistry resource: write `configMap: {name: …, key: …}`'),
    pvcRef: refused('belongs to the MCPRegistry resource: mount the volume and write `file: {path: …}`'),
    sources: refused('names sources, but the file has no `sources` list'),
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
  ...Object.fromEntries(KIND_OF_TYPE.map((kind) => [kind, kindMembers[kind]!])),
});

const sourceFile = withRule(
  mapping({
    source: onlySource,
    syncPolicy: syncPolicy.prefault({}),
    filter: filter.exactOptional(),
    ...commonSettings,
    registryName: sourceName.pipe(registryName).default('default').describe('Also the name of the source'),
    registries: refused('belongs to a newer generation of the file: use `sources` and `registries`, or only `source`'),
  }),
  ({ source, syncPolicy: policy, auth }, report) => {
    if (isJsonObject(auth) && auth['authz'] !== undefined) {
      report(['auth', 'authz'], "needs claims, which this older generation of the file doesn't support: use `sources`");
    }
    if (!isJsonObject(source)) return;
    const type = source['type'];
    checkSource(source, (path, message) => {
      report(['source', ...path], message);
    });
    checkInterval(source, policy, report);
    const other = KIND_OF_TYPE.find((kind) => kind !== type && source[kind] !== undefined);
    if (other !== undefined) report(['source', other], `not allowed in a source of type \`${String(type)}\``);
  },
);

export const GENERATIONS = { sources: sourcesFile, registries: registriesFile, source: sourceFile } as const;
export type Generation = keyof typeof GENERATIONS;

export type SourcesFile = z.output<typeof sourcesFile>;
export type RegistriesFile = z.output<typeof registriesFile>;
export type SourceFile = z.output<typeof sourceFile>;

/** Determines the generation of a file from its keys. If they don't tell, it is the current one. */
export function generationOf(file: JsonObject): Generation {
  if (file['sources'] !== undefined) return 'sources';
  if (file['source'] !== undefined) return 'source';
  const registries = mappingsOf(file['registries']);
  const allNameSources = registries.every(([, registry]) => registry['sources'] !== undefined);
  return registries.length === 0 || allNameSources ? 'sources' : 'registries';
}
