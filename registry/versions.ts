/**
 * The order of versions, by which the latest one is found. Semantic versions have the precedence that semver.org
 * defines; a leading `v` is ignored. Any other text is a version too: it comes before every semantic version, and is
 * compared with its like number by number.
 */

/** The pattern that semver.org suggests, with a leading `v` that the official registry accepts too. */
const SEMANTIC =
  /^v?(0|[1-9]\d*)\.(0|[1-9]\d*)\.(0|[1-9]\d*)(?:-((?:0|[1-9]\d*|\d*[a-zA-Z-][\da-zA-Z-]*)(?:\.(?:0|[1-9]\d*|\d*[a-zA-Z-][\da-zA-Z-]*))*))?(?:\+[\da-zA-Z-]+(?:\.[\da-zA-Z-]+)*)?$/;
/** Semantic versions have at most this many characters, so that the length of a number fits in two digits. */
const MAX_SEMANTIC_LENGTH = 256;

/** Begins the key of a version that isn't semantic: sorts before every digit. */
const NOT_SEMANTIC = ' ';
/** Marks the end of a prerelease identifier: sorts before every character that an identifier can hold. */
const END_OF_IDENTIFIER = '!';
/** A release sorts after all of its prereleases. */
const PRERELEASE = '-';
const RELEASE = '~';

/** Whether the text is `major.minor.patch[-prerelease][+build]`, with or without a leading `v`. */
export function isSemanticVersion(version: string): boolean {
  return version.length <= MAX_SEMANTIC_LENGTH && SEMANTIC.test(version);
}

/**
 * A text whose byte order (collation `C`) is the order of the versions, so that the database can sort by it. Versions
 * that differ only in build metadata or a leading `v` have equal keys. The keys of semantic versions begin with a digit,
 * the others with a space. The migration 0007 computes the same keys in SQL.
 */
export function versionOrder(version: string): string {
  const [, major = '', minor = '', patch = '', prerelease] =
    (version.length <= MAX_SEMANTIC_LENGTH ? SEMANTIC.exec(version) : null) ?? [];
  if (major === '') return NOT_SEMANTIC + numberByNumber(version);
  const core = [major, minor, patch].map(numberKey).join('');
  if (prerelease === undefined) return core + RELEASE;
  return core + PRERELEASE + prerelease.split('.').map(identifierKey).join('');
}

/** Digits behind their count in hexadecimal: 9 is `019`, 10 is `0210`. */
function numberKey(digits: string): string {
  return digits.length.toString(16).padStart(2, '0') + digits;
}

/** Numeric identifiers sort before alphanumeric ones, and a list before the same list with more identifiers. */
function identifierKey(identifier: string): string {
  const key = /^\d+$/.test(identifier) ? `0${numberKey(identifier)}` : `1${identifier}`;
  return key + END_OF_IDENTIFIER;
}

/** `release-9` before `release-10`, and `1.2.3.9` before `1.2.3.10`. A version has at most 512 bytes. */
function numberByNumber(version: string): string {
  return version.replace(/^v(?=\d)/, '').replaceAll(/\d+/g, (digits) => {
    const significant = digits.replace(/^0+/, '');
    return significant.length.toString(16).padStart(3, '0') + significant;
  });
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
