/** Loads a configuration file, or reports everything that is wrong with it. */

import { readFile } from 'node:fs/promises';
import { dirname, resolve } from 'node:path';

import type { z } from 'zod';

import type { JsonObject } from '../registry/json.ts';
import { fromRegistriesFile, fromSourceFile, fromSourcesFile } from './configuration.ts';
import { type ConfigurationDocument, type Path, readDocument } from './document.ts';
import { ConfigurationError } from './faults.ts';
import { generationSchema, knownKeys, type SchemaNode } from './schema/json-schema.ts';
import { describeIssue, pathText } from './schema/messages.ts';
import type { Configuration, ConfigurationFinding } from './model.ts';
import { effectlessSettings } from './notes.ts';
import { applyOverrides, type Overridden } from './overrides.ts';
import { type Generation, generationOf, GENERATIONS } from './schema/file.ts';
import type { Surroundings } from './settings.ts';
import { didYouMeanOneOf } from './suggestion.ts';

/**
 * Reads a configuration file of any generation and applies the environment variables that override it.
 *
 * @throws ConfigurationError with all faults, each with its location
 */
export async function loadConfiguration(path: string, environment: NodeJS.ProcessEnv): Promise<Configuration> {
  return parseConfiguration(await readText(path), { path, environment });
}

/**
 * The same for a text that isn't in a file yet.
 *
 * @param place the path that the file will have, for messages and relative paths, and the environment of its reader
 * @throws ConfigurationError with all faults, each with its location
 */
export function parseConfiguration(
  text: string,
  { path, environment }: { readonly path: string; readonly environment: NodeJS.ProcessEnv },
): Configuration {
  const document = readDocument(path, text);
  const generation = generationOf(document.value);
  const schema = generationSchema(generation);
  const overridden = applyOverrides(document.value, schema, environment);
  const surroundings = { folder: dirname(resolve(path)), environment };

  const result = READERS[generation](overridden.value, surroundings);
  const finder: Finder = { document, overridden, schema };
  const faults = [...overridden.faults, ...result.issues.flatMap((issue) => findingsOf(issue, finder))];
  if (result.configuration === undefined || faults.length > 0) throw new ConfigurationError(faults);

  const notes = effectlessSettings(overridden.value).map((note) => findingAt(note.path, note.message, finder));
  return { ...result.configuration, notes };
}

async function readText(path: string): Promise<string> {
  try {
    return await readFile(path, 'utf8');
  } catch (error) {
    const message = `can't be read: ${(error as Error).message}`;
    throw new ConfigurationError([{ file: path, line: 1, column: 1, message }]);
  }
}

interface Reading {
  readonly configuration?: Omit<Configuration, 'notes'>;
  readonly issues: readonly z.core.$ZodIssue[];
}

const READERS: Readonly<Record<Generation, (value: JsonObject, surroundings: Surroundings) => Reading>> = {
  sources: reader(GENERATIONS.sources, fromSourcesFile),
  registries: reader(GENERATIONS.registries, fromRegistriesFile),
  source: reader(GENERATIONS.source, fromSourceFile),
};

function reader<File>(
  schema: z.ZodType<File>,
  build: (file: File, surroundings: Surroundings) => Omit<Configuration, 'notes'>,
): (value: JsonObject, surroundings: Surroundings) => Reading {
  return (value, surroundings) => {
    const parsed = schema.safeParse(value, { error: describeIssue });
    if (!parsed.success) return { issues: parsed.error.issues };
    return { configuration: build(parsed.data, surroundings), issues: [] };
  };
}

/** Everything needed to locate an issue. */
interface Finder {
  readonly document: ConfigurationDocument;
  readonly overridden: Overridden;
  readonly schema: SchemaNode;
}

function findingsOf(issue: z.core.$ZodIssue, finder: Finder): ConfigurationFinding[] {
  if (issue.code !== 'unrecognized_keys') return [findingAt(issue.path, issue.message, finder)];
  const known = knownKeys(finder.schema, issue.path);
  return issue.keys.map((key) => {
    const path = [...issue.path, key];
    const message = `${pathText(path)}: unknown key${didYouMeanOneOf(key, known)}`;
    return finder.document.finding(path, 'key', message);
  });
}

function findingAt(path: Path, message: string, finder: Finder): ConfigurationFinding {
  const told = path.length === 0 ? message : `${pathText(path)}: ${message}`;
  const variable = finder.overridden.variableOf(path);
  return variable === undefined ? finder.document.finding(path, 'value', told) : { variable, message: told };
}
