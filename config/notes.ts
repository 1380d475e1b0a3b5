/** What a configuration may say although it has no effect here: told to the operator, never passed over. */

import { isMapping } from './document.ts';
import type { Mapping, Path } from './document.ts';
import { mappingsOf } from './mapping.ts';

export interface Note {
  readonly path: Path;
  readonly message: string;
}

const ANONYMOUS = 'has no effect in the mode `anonymous`, in which everybody may do everything';
const MANAGED = 'has no effect on a managed source, which holds what is published to it';
const METRICS = 'has no effect: this version exports traces, no metrics';

export function effectlessSettings(file: Mapping): Note[] {
  const items = ['sources', 'registries'].flatMap((list) =>
    mappingsOf(file[list]).map(([index, item]) => ({ path: [list, index], item })),
  );
  const found = [
    ...keysIn(file['auth'], ['publicPaths', 'oauth', 'authz']).map((key) => note(['auth', key], ANONYMOUS)),
    ...items.flatMap(({ path, item }) => keysIn(item, ['claims']).map((key) => note([...path, key], ANONYMOUS))),
    ...items
      .filter(({ item }) => item['managed'] !== undefined)
      .flatMap(({ path, item }) => keysIn(item, ['syncPolicy', 'filter']).map((key) => note([...path, key], MANAGED))),
  ];
  return asksForMetrics(file['telemetry']) ? [...found, note(['telemetry', 'metrics', 'enabled'], METRICS)] : found;
}

function note(path: Path, message: string): Note {
  return { path, message };
}

function keysIn(value: unknown, keys: readonly string[]): string[] {
  return isMapping(value) ? keys.filter((key) => value[key] !== undefined) : [];
}

function asksForMetrics(telemetry: unknown): boolean {
  if (!isMapping(telemetry) || telemetry['enabled'] !== true) return false;
  return isMapping(telemetry['metrics']) && telemetry['metrics']['enabled'] === true;
}
