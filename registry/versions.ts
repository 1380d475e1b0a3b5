/**
 * Versions of servers. Most are semantic versions, and those are ordered by the precedence that semver.org defines;
 * any other text is a version too, but has no place in that order.
 */
import { parse } from 'semver';

/** Marks the end of a prerelease identifier: sorts before every character that an identifier may hold. */
const END_OF_IDENTIFIER = '!';
/** A release sorts after all of its prereleases. */
const PRERELEASE = '-';
const RELEASE = '~';

/**
 * A text whose byte order (collation `C`) is the precedence of the semantic version, so that the database can sort by
 * it; null for a version that is not strictly `major.minor.patch[-prerelease][+build]`. Versions that differ in their
 * build metadata alone have equal keys.
 */
export function versionOrder(version: string): string | null {
  const parsed = parse(version);
  // The library forgives a leading "v" and white space; the specification does not.
  if (parsed === null || !/^\d/.test(version) || version.trim() !== version) {
    return null;
  }
  const core = [parsed.major, parsed.minor, parsed.patch].map((number) => numberKey(String(number))).join('');
  if (parsed.prerelease.length === 0) {
    return core + RELEASE;
  }
  return core + PRERELEASE + parsed.prerelease.map((identifier) => identifierKey(String(identifier))).join('');
}

/** Digits behind their count in hexadecimal: 9 is `019`, 10 is `0210`. No version is longer than 256 characters. */
function numberKey(digits: string): string {
  return digits.length.toString(16).padStart(2, '0') + digits;
}

/** Numeric identifiers sort before alphanumeric ones, and a list before the same list with more identifiers. */
function identifierKey(identifier: string): string {
  const key = /^\d+$/.test(identifier) ? `0${numberKey(identifier)}` : `1${identifier}`;
  return key + END_OF_IDENTIFIER;
}

const COMPARATOR = /^\s*[\^~<>=]|[\s,|][\^~<>=]/;
const ALTERNATIVES = /\|\|/;
const HYPHEN_RANGE = /\S\s+-\s+\S/;
/** `1.x`, `1.2.*`, `*`: a wildcard where a number belongs. */
const WILDCARD = /^\s*v?(\d+\.)*[xX*](\.[\dxX*]+)*([-+].*)?$/;

/** Whether the text names many versions (`^1.2.3`, `>=1 <2`, `1.x`, `1.0 - 2.0`), which a published version must not. */
export function isVersionRange(version: string): boolean {
  return [COMPARATOR, ALTERNATIVES, HYPHEN_RANGE, WILDCARD].some((pattern) => pattern.test(version));
}
