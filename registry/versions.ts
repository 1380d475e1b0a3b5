/**
 * The order of versions, which determines the latest one. Semantic versions have the precedence defined by semver.org,
 * and a leading `v` is ignored. Other texts are also versions. They come before all semantic versions, and numbers in
 * them are compared numerically.
 */

/** The pattern suggested by semver.org, plus the leading `v` that the official registry accepts. */
const SEMANTIC =
  /^v?(0|[1-9]\d*)\.(0|[1-9]\d*)\.(0|[1-9]\d*)(?:-((?:0|[1-9]\d*|\d*[a-zA-Z-][\da-zA-Z-]*)(?:\.(?:0|[1-9]\d*|\d*[a-zA-Z-][\da-zA-Z-]*))*))?(?:\+[\da-zA-Z-]+(?:\.[\da-zA-Z-]+)*)?$/;
/** Maximum length of a semantic version, so that the length of a number fits in two hexadecimal digits. */
const MAX_SEMANTIC_LENGTH = 256;

/** First character of the key of a version that isn't semantic. Sorts before all digits. */
const NOT_SEMANTIC = ' ';
/** End of a prerelease identifier. Sorts before all characters of identifiers. */
const END_OF_IDENTIFIER = '!';
/** A release sorts after all of its prereleases. */
const PRERELEASE = '-';
const RELEASE = '~';

/** Whether the text is `major.minor.patch[-prerelease][+build]`, with or without a leading `v`. */
export function isSemanticVersion(version: string): boolean {
  return version.length <= MAX_SEMANTIC_LENGTH && SEMANTIC.test(version);
}

/**
 * Returns a sort key: a text whose byte order (collation `C`) is the order of versions, for sorting in the database.
 * Versions that differ only in build metadata or a leading `v` have equal keys. Keys of semantic versions begin with a
 * digit, and others begin with a space. Migration 0007 computes the same keys in SQL.
 */
export function versionOrder(version: string): string {
  const [, major = '', minor = '', patch = '', prerelease] =
    (version.length <= MAX_SEMANTIC_LENGTH ? SEMANTIC.exec(version) : null) ?? [];
  if (major === '') return NOT_SEMANTIC + numberByNumber(version);
  const core = [major, minor, patch].map(numberKey).join('');
  if (prerelease === undefined) return core + RELEASE;
  return core + PRERELEASE + prerelease.split('.').map(identifierKey).join('');
}

/** Prefixes digits with their count in hexadecimal: 9 becomes `019`, 10 becomes `0210`. */
function numberKey(digits: string): string {
  return digits.length.toString(16).padStart(2, '0') + digits;
}

/** Numeric identifiers sort before alphanumeric ones, and a list before the same list with more identifiers. */
function identifierKey(identifier: string): string {
  const key = /^\d+$/.test(identifier) ? `0${numberKey(identifier)}` : `1${identifier}`;
  return key + END_OF_IDENTIFIER;
}

/** Sorts `release-9` before `release-10`, and `1.2.3.9` before `1.2.3.10`. A version has at most 512 bytes. */
function numberByNumber(version: string): string {
  return version.replace(/^v(?=\d)/, '').replaceAll(/\d+/g, (digits) => {
    const significant = digits.replace(/^0+/, '');
    return significant.length.toString(16).padStart(3, '0') + significant;
  });
}

const COMPARATOR = /^\s*[\^~<>=]|[\s,|][\^~<>=]/;
const ALTERNATIVES = /\|\|/;
const HYPHEN_RANGE = /\S\s+-\s+\S/;
/** `1.x`, `1.2.*`, `*`: a wildcard in place of a number. */
const WILDCARD = /^\s*v?(\d+\.)*[xX*](\.[\dxX*]+)*([-+].*)?$/;

/** Whether the text is a range (`^1.2.3`, `>=1 <2`, `1.x`, `1.0 - 2.0`), which can't be published as a version. */
export function isVersionRange(version: string): boolean {
  return [COMPARATOR, ALTERNATIVES, HYPHEN_RANGE, WILDCARD].some((pattern) => pattern.test(version));
}
