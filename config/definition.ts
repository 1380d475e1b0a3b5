/** Converts a source of the configuration file to its definition. */
import { defined } from '../registry/json.ts';
import { isManaged, type SourceDefinition } from '../registry/source-definition.ts';
import { sourceKinds } from '../sources/index.ts';
import type { Surroundings } from './settings.ts';
import type { WrittenSource } from './schema/source.ts';

/** The definition of a valid source, which has exactly one kind. */
export function sourceDefinition(name: string, source: WrittenSource, surroundings: Surroundings): SourceDefinition {
  const members = source as unknown as Readonly<Record<string, unknown>>;
  const kind = sourceKinds().find(({ key }) => members[key] !== undefined);
  if (kind === undefined) throw new TypeError(`the source ${name} has no kind`);
  const origin = kind.originOf(members[kind.key], surroundings);
  return {
    name,
    origin,
    ...defined({ format: source.format, filter: source.filter }),
    syncPolicy: {
      intervalMs: isManaged(origin) ? null : (source.syncPolicy.interval ?? kind.defaultIntervalMs?.(origin) ?? null),
      maxRemoval: source.syncPolicy.maxRemoval,
      deadlineMs: source.syncPolicy.deadline,
    },
  };
}
