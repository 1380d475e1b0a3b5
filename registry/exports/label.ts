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

export function labelOf(name: string, alphabet: LabelAlphabet = 'underscore'): string {
  const [namespace = '', rest, more] = name.split('/');
  if (rest === undefined || more !== undefined || !NAMESPACE.test(namespace) || !REST.test(rest)) {
    return `x-${[...new TextEncoder().encode(name)].map((byte) => byte.toString(16).padStart(2, '0')).join('')}`;
  }
  const label = `${namespace.replaceAll('-', '--').replaceAll('.', '-')}_${rest.replaceAll('.', '--')}`;
  return alphabet === 'hyphen' ? label.replaceAll('_', '---') : label;
}
