/**
 * What a caller must hold to see, or to hand out, what carries claims. Names of claims may be paths into nested ones:
 * `realm_access.roles`.
 */
import { isJsonObject } from './json.ts';

/** Of a registry, a source or an entry: by the name of each claim one value, or a list of values. */
export type Claims = Readonly<Record<string, string | readonly string[]>>;

/** What a verified token says, nested as it came. */
export type HeldClaims = Readonly<Record<string, unknown>>;

/**
 * Whether somebody who holds `held` may see what requires `required`: every claim must be held, of a list any one
 * value. An empty list asks for the claim alone, whatever its value. Nothing required is seen by nobody: who asks decides
 * first what to do with what has no claims.
 */
export function maySee(held: HeldClaims, required: Claims): boolean {
  return covers(held, required, (wanted, values) => wanted.length === 0 || wanted.some((value) => values.has(value)));
}

/**
 * Whether somebody who holds `held` may give these claims to something: every claim must be held with every value.
 * Claims that are not held would show it to others than the giver, or take it from his own sight.
 */
export function mayGrant(held: HeldClaims, given: Claims): boolean {
  return covers(held, given, (wanted, values) => wanted.every((value) => values.has(value)));
}

function covers(
  held: HeldClaims,
  claims: Claims,
  isSatisfied: (wanted: readonly string[], values: ReadonlySet<string>) => boolean,
): boolean {
  const entries = Object.entries(claims);
  return (
    entries.length > 0 &&
    entries.every(([name, value]) => {
      const values = heldValues(held, name);
      return values !== undefined && isSatisfied(typeof value === 'string' ? [value] : value, values);
    })
  );
}

/**
 * The values that are held under a name, only those that are texts. A claim that is called exactly so comes before a
 * path: names may be URLs, which have dots in them.
 */
export function heldValues(held: HeldClaims, name: string): ReadonlySet<string> | undefined {
  const value = Object.hasOwn(held, name) ? held[name] : atPath(held, name.split('.'));
  if (typeof value === 'string') return new Set([value]);
  if (!Array.isArray(value)) return undefined;
  return new Set(value.filter((element) => typeof element === 'string'));
}

function atPath(held: HeldClaims, path: readonly string[]): unknown {
  let value: unknown = held;
  for (const member of path) {
    if (!isJsonObject(value) || !Object.hasOwn(value, member)) return undefined;
    value = value[member];
  }
  return value;
}
