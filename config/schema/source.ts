/** Schema of one source in the configuration file. */

import { z } from 'zod';

import { matchesSlowly } from '../../registry/patterns/filter.ts';
import { isJsonObject, type JsonObject } from '../../registry/json.ts';
import { mapping, type Report } from './mapping.ts';
import { sourceKinds } from '../../sources/index.ts';
import { duration, MAX_ITEMS, serverNamePattern, share, text, TOO_MANY } from './scalars.ts';

const MINUTE = 60_000;
const HOUR = 60 * MINUTE;

const namePatterns = z
  .array(serverNamePattern)
  .max(MAX_ITEMS, TOO_MANY)
  .refine((patterns) => !matchesSlowly(patterns), 'has patterns with too many alternatives in braces');
const tags = z.array(text).max(MAX_ITEMS, TOO_MANY);

export const filter = mapping({
  names: mapping({ include: namePatterns.exactOptional(), exclude: namePatterns.exactOptional() })
    .exactOptional()
    .describe('Globs that match whole server names; `*` matches `/` as well; exclusions take precedence'),
  tags: mapping({ include: tags.exactOptional(), exclude: tags.exactOptional() })
    .exactOptional()
    .describe('Exact tags; exclusions take precedence'),
});

export const syncPolicy = mapping({
  interval: duration({ atLeastMs: 1000 }).exactOptional().describe('Time from one cycle to the next, such as 30m'),
  maxRemoval: share.default(0.5).describe('Share of the entries that one sync may remove, 0 to 1 or `50%`'),
  deadline: duration({ atLeastMs: 1000, atMostMs: 6 * HOUR })
    .default(15 * MINUTE)
    .describe('Time limit of one fetch, at most 6h. Default 15m'),
});

/** The members that select a kind. All generations have the same ones. */
export const kindMembers: Readonly<Record<string, z.ZodExactOptional>> = Object.fromEntries(
  sourceKinds().map(({ key, schema }) => [key, z.exactOptional(schema)]),
);
export const sourceOptions = {
  format: z.enum(['upstream', 'toolhive']).exactOptional().describe('Default: detected from the content'),
  filter: filter.exactOptional(),
  syncPolicy: syncPolicy.prefault({}),
};

const REFUSED_KIND_KEYS = ['configMapRef', 'pvcRef'] as const;

const sourceWithoutKind = mapping(sourceOptions);
/** A valid source, which has the members of exactly one kind. */
export type WrittenSource = z.output<typeof sourceWithoutKind>;

/** The rules over the members of one source that hold in every generation. */
export function checkSource(source: JsonObject, report: Report): void {
  const chosen = sourceKinds().filter(({ key }) => source[key] !== undefined);
  const hasRefusedKind = REFUSED_KIND_KEYS.some((key) => source[key] !== undefined);
  if (chosen.length > 1 || (chosen.length === 0 && !hasRefusedKind)) {
    const keys = sourceKinds().map(({ key }) => `\`${key}\``);
    report([], `expected exactly one of ${keys.join(', ')}`);
  }
  const withoutFormat = chosen[0]?.withoutFormat;
  if (source['format'] === 'toolhive' && withoutFormat !== undefined) {
    report(['format'], `expected \`upstream\`: ${withoutFormat} has no other format`);
  }
}

/** Reports a missing interval if nothing but the timer would start a check. */
export function checkInterval(source: JsonObject, policy: unknown, report: Report): void {
  const isNeeded = sourceKinds().some(
    ({ key, needsInterval }) => source[key] !== undefined && needsInterval?.(source[key]),
  );
  if (isNeeded && !(isJsonObject(policy) && policy['interval'] !== undefined)) {
    report(['syncPolicy', 'interval'], 'is missing: say how often the source is synced, such as `interval: 30m`');
  }
}
