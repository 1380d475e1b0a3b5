/**
 * Labels: the names of servers for clients that allow neither a dot nor a slash. `io.github.acme/weather` is
 * `io-github-acme_weather`, from which the name can be read back.
 *
 * In the namespace, a dot is `-` and each hyphen `--`. The slash is `_`. In the rest, a hyphen stays, a dot is `--`, and an
 * underscore stays. A name that couldn't be read back from that, such as one with `..`, is `x-` and its UTF-8 bytes in
 * hexadecimal. No label contains `__`, which separates a server from its tools in Claude Code.
 */

/** Characters of labels: those of Claude Code and Codex, or without the underscore, which Gemini CLI splits names at. */
export type LabelAlphabet = 'underscore' | 'hyphen';

const NAMESPACE = /^[A-Za-z0-9]+(?:(?:\.|-+)[A-Za-z0-9]+)*$/;
const REST = /^[A-Za-z0-9]+(?:[._-][A-Za-z0-9]+)*$/;
const ESCAPED = /^x-((?:[0-9a-f]{2})+)$/;

export function labelOf(name: string, alphabet: LabelAlphabet = 'underscore'): string {
  const [namespace = '', rest, more] = name.split('/');
  if (rest === undefined || more !== undefined || !NAMESPACE.test(namespace) || !REST.test(rest)) {
    return `x-${[...new TextEncoder().encode(name)].map((byte) => byte.toString(16).padStart(2, '0')).join('')}`;
  }
  const label = `${namespace.replaceAll('-', '--').replaceAll('.', '-')}_${rest.replaceAll('.', '--')}`;
  return alphabet === 'hyphen' ? label.replaceAll('_', '---') : label;
}

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
