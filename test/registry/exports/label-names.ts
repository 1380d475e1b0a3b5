/** Reads names back from labels, which proves that two names never have the same label. */
import { type LabelAlphabet, labelOf } from '../../../registry/exports/label.ts';

const ESCAPED = /^x-((?:[0-9a-f]{2})+)$/;

/** The name for a label; undefined for a text that isn't a label. */
export function nameOfLabel(label: string, alphabet: LabelAlphabet): string | undefined {
  const name = escapedName(label) ?? plainName(alphabet === 'hyphen' ? withUnderscores(label) : label);
  return name !== undefined && labelOf(name, alphabet) === label ? name : undefined;
}

function escapedName(label: string): string | undefined {
  const hex = ESCAPED.exec(label)?.[1];
  if (hex === undefined) return undefined;
  const bytes = hex.match(/../g)?.map((byte) => Number.parseInt(byte, 16)) ?? [];
  return new TextDecoder().decode(new Uint8Array(bytes));
}

/** Runs of hyphens are one or an even number, except for those that stand for an underscore. */
function withUnderscores(label: string): string {
  return label.replaceAll(/(?<!-)---(?!-)/g, '_');
}

function plainName(label: string): string | undefined {
  const slash = label.indexOf('_');
  if (slash === -1) return undefined;
  const namespace = label.slice(0, slash).replaceAll(/-+/g, (run) => (run === '-' ? '.' : '-'.repeat(run.length / 2)));
  return `${namespace}/${label.slice(slash + 1).replaceAll('--', '.')}`;
}
