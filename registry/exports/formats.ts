/** Readable JSON and TOML files. */
import { stringify } from 'smol-toml';

export function tomlText(value: object): string {
  return `${stringify(value).trimEnd()}\n`;
}

/**
 * Readable JSON with useful diffs: a command and a matcher are one line each, unless it would be long, so that a change of one of
 * them is a change of one line.
 */
export function jsonText(value: unknown): string {
  return `${writeJson(value, '\n')}\n`;
}

const MAX_LINE_LENGTH = 100;

function writeJson(value: unknown, newLine: string): string {
  if (typeof value !== 'object' || value === null) return JSON.stringify(value);
  const inside = `${newLine}  `;
  if (Array.isArray(value)) {
    const elements = value.map((element) => writeJson(element, inside));
    const line = `[${elements.join(', ')}]`;
    const isLine = line.length <= MAX_LINE_LENGTH && value.every((element) => typeof element !== 'object');
    return isLine ? line : `[${inside}${elements.join(`,${inside}`)}${newLine}]`;
  }
  const members = Object.entries(value).map(
    ([name, member]) => `${JSON.stringify(name)}: ${writeJson(member, inside)}`,
  );
  if (members.length === 0) return '{}';
  const isLine = members.length === 1 && !members[0]!.includes('\n') && !members[0]!.endsWith('}');
  return isLine ? `{ ${members[0]} }` : `{${inside}${members.join(`,${inside}`)}${newLine}}`;
}
