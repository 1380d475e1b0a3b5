/**
 * Decides whether a caller's claims allow reading or assigning the claims of a registry, source, or entry. A claim name
 * can be a path into nested claims, such as `realm_access.roles`.
 */
import { isJsonObject, jsonEquals } from './json.ts';

/** Required claims of a registry, source, or entry: claim names with one value or a list of values. */
export type Claims = Readonly<Record<string, string | readonly string[]>>;

/** Whether an untrusted value is a valid map of claims. */
export function isClaims(value: unknown): value is Claims {
  return isJsonObject(value) && Object.entries(value).every(([name, wanted]) => isText(name) && isValue(wanted));
}

function isValue(wanted: unknown): boolean {
  return isText(wanted) || (Array.isArray(wanted) && wanted.every(isText));
}

/** Whether a value is a text that Postgres can store. Tokens can't contain NUL or unpaired surrogates either. */
function isText(value: unknown): boolean {
  return typeof value === 'string' && !value.includes('\0') && value.isWellFormed();
}

/** Whether two maps are equivalent. Ignores order and repeated values. */
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

/** The claims of a verified token, nested as in the token. */
export type HeldClaims = Readonly<Record<string, unknown>>;

/**
 * Whether a caller with the claims `held` may read something that requires `required`. The caller must hold every
 * claim, with one value of each list. An empty list requires only the claim, with any value. Returns false for an empty
 * map: callers of this function must handle missing claims first.
 */
export function maySee(held: HeldClaims, required: Claims): boolean {
  return covers(held, required, (wanted, values) => wanted.length === 0 || wanted.some((value) => values.has(value)));
}

/**
 * Whether a caller with the claims `held` may assign these claims. The caller must hold every claim with every value:
 * others would show the object to a different audience, or hide it from the caller.
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

/** The string values of a claim, given its name or path. Undefined if it isn't held. */
export function heldValues(held: HeldClaims, name: string): ReadonlySet<string> | undefined {
  const value = heldValue(held, name);
  if (typeof value === 'string') return new Set([value]);
  if (!Array.isArray(value)) return undefined;
  return new Set(value.filter((element) => typeof element === 'string'));
}

/**
 * Claim names can contain dots, as in URLs and `kubernetes.io`. Each step of a path therefore takes the member with the
 * longest matching name, so an exact match takes precedence.
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
