/** Members of a document that become parts of an entry, and the reasons why they can't. */
import { isJsonObject, type JsonObject } from '../json.ts';
import { MAX_IDENTIFIER_BYTES } from '../server-json/name.ts';
import { assumingUtc, isTimestamp } from '../timestamp.ts';

export function unusableVersion(version: unknown): string | null {
  if (typeof version !== 'string' || version.trim() === '') {
    return noText('version', version);
  }
  if (version === 'latest') {
    return 'version must not be "latest", which always refers to the newest version';
  }
  if (Buffer.byteLength(version) > MAX_IDENTIFIER_BYTES) {
    return `version is longer than ${MAX_IDENTIFIER_BYTES} bytes`;
  }
  return null;
}

export function unusableDescription(description: unknown): string | null {
  return typeof description !== 'string' || description.trim() === '' ? noText('description', description) : null;
}

/** The reason why a member isn't usable text. In YAML, unquoted `1.10`, `yes`, and `true` aren't strings. */
export function noText(member: string, value: unknown): string {
  const isAbsent = value === undefined || value === null || typeof value === 'string';
  return isAbsent ? `${member} is missing or empty` : `${member} must be text: put it in quotes`;
}

/** Go's zero time, which means "no date". */
const NO_DATE = '0001-01-01T00:00:00Z';

export function dateMember(said: JsonObject, names: readonly string[], warnings: string[]): string | null {
  const [name] = names.filter((candidate) => said[candidate] !== undefined && said[candidate] !== null);
  const value = name === undefined ? NO_DATE : said[name];
  if (value === NO_DATE || value === '') {
    return null;
  }
  if (typeof value === 'string' && isTimestamp(value)) return value;
  const inUtc = typeof value === 'string' ? assumingUtc(value) : null;
  const consequence = inUtc === null ? "isn't an RFC 3339 date; ignored" : 'has no time zone; treated as UTC';
  warnings.push(`${name} ${consequence}`);
  return inUtc;
}

export function textMember(object: JsonObject, member: string): string | null {
  const value = object[member];
  return typeof value === 'string' && value !== '' ? value : null;
}

export function storable(text: string | null): string | null {
  return text === null ? null : text.replaceAll('\0', '').toWellFormed();
}

/** A short, storable excerpt of a member for identifying a rejected entry. */
export function shortText(document: unknown, member: string): string | null {
  const text = isJsonObject(document) ? storable(textMember(document, member)) : null;
  return text === null ? null : Array.from(text).slice(0, 200).join('');
}
