/**
 * What a caller must hold to see, or to hand out, what carries claims. Names of claims may be paths into nested ones:
 * `realm_access.roles`.
 */
import { isJsonObject, jsonEquals } from './json.ts';

/** Of a registry, a source or an entry: by the name of each claim one value, or a list of values. */
export type Claims = Readonly<Record<string, string | readonly string[]>>;

/** Whether a value that somebody sent is claims. */
export function isClaims(value: unknown): value is Claims {
  return isJsonObject(value) && Object.entries(value).every(([name, wanted]) => isText(name) && isValue(wanted));
}

function isValue(wanted: unknown): boolean {
  return isText(wanted) || (Array.isArray(wanted) && wanted.every(isText));
}

/** A text that can be stored: NUL and halves of surrogate pairs are in no claim that a token could have. */
function isText(value: unknown): boolean {
  return typeof value === 'string' && !value.includes('\0') && value.isWellFormed();
}

/** Whether two ask for the same: the order of names and of a list's values does not count, nor a value that is twice in it. */
export function sameClaims(left: Claims, right: Claims): boolean {
  return jsonEquals(plainClaims(left), plainClaims(right));
}

function plainClaims(claims: Claims): unknown {
  return Object.fromEntries(
    Object.entries(claims).map(([name, wanted]) => [
      name,
      typeof wanted === 'string' ? [wanted] : [...new Set(wanted)].toSorted(),
    ]),
  );
}

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

/** The values that are held under a name or path, only those that are texts. */
export function heldValues(held: HeldClaims, name: string): ReadonlySet<string> | undefined {
  const value = heldValue(held, name);
  if (typeof value === 'string') return new Set([value]);
  if (!Array.isArray(value)) return undefined;
  return new Set(value.filter((element) => typeof element === 'string'));
}

/**
 * Names of claims may have dots in them, as URLs and `kubernetes.io` do: at each step of a path the member with the
 * longest name that fits is taken, and so first of all the one that is called exactly so.
 */
function heldValue(held: unknown, path: string): unknown {
  if (!isJsonObject(held)) return undefined;
  if (Object.hasOwn(held, path)) return held[path];
  for (let end = path.lastIndexOf('.'); end > 0; end = path.lastIndexOf('.', end - 1)) {
    const member = path.slice(0, end);
    if (Object.hasOwn(held, member)) return heldValue(held[member], path.slice(end + 1));
  }
  return undefined;
}
