/** The commands in the documentation and in help texts exist, with their options. */
import { readdirSync, readFileSync } from 'node:fs';
import type { Command } from 'commander';
import { describe, expect, test } from 'vitest';
import { createProgram } from '../../cli/program.ts';

const ROOT = new URL('../../', import.meta.url);
const program = createProgram();
/** Every command with its words, such as `admin sources create`. */
const commands = [...commandsOf(program, '')];

function* commandsOf(parent: Command, path: string): Iterable<{ path: string; command: Command }> {
  for (const command of parent.commands) {
    const own = `${path} ${command.name()}`.trim();
    yield { path: own, command };
    yield* commandsOf(command, own);
  }
}

/** The text after the program's name, in code blocks and in inline code. */
function commandLinesOf(text: string): string[] {
  return [...text.matchAll(/(?:^ *(?:\$ |\S+=\S+ )?|`|; |\| |npx )rollcall +((?:admin|[a-z])[^`\n#|;&<]*)/gm)].map(
    ([, line = '']) => line.trim(),
  );
}

/** The part of a command line that doesn't exist; null if all of it does. */
function unknownIn(line: string): string | null {
  const words = line.split(/[\s,]+/).filter((word) => word !== '');
  let command = program;
  while (command.commands.length > 0) {
    const [word = ''] = words.splice(0, 1);
    const next = command.commands.find((candidate) => candidate.name() === word);
    if (next === undefined) return word === '' || word.startsWith('-') ? null : `${word} of ${command.name()}`;
    command = next;
  }
  if (command.name() === 'temporal') return null; // The rest is for another program.
  const options = words.filter((word) => /^--?[a-z]/.test(word)).map((word) => word.split('=')[0]);
  const unknown = options.find(
    (word) => word !== '--help' && !command.options.some(({ short, long }) => word === short || word === long),
  );
  return unknown === undefined ? null : `${unknown} of ${command.name()}`;
}

const DOCUMENTS = ['README.md', ...readdirSync(new URL('docs', ROOT)).map((name) => `docs/${name}`)];

test.each(DOCUMENTS.filter((name) => name.endsWith('.md')))('%s names existing commands and options', (name) => {
  const lines = commandLinesOf(readFileSync(new URL(name, ROOT), 'utf8'));
  expect(lines.filter((line) => unknownIn(line) !== null)).toEqual([]);
});

describe('help', () => {
  const leaves = commands.filter(({ command }) => command.commands.length === 0);

  test.each(leaves)('$path has a description, and its examples are right', ({ command }) => {
    const help = helpOf(command);
    expect(command.description()).not.toBe('');
    expect(help).not.toContain('default: false'); // As with every option that may be omitted.
    const lines = commandLinesOf(help.slice(help.indexOf('\n\n')));
    expect(lines.filter((line) => unknownIn(line) !== null)).toEqual([]);
  });

  test('of commands that call a server is in docs/cli.md', () => {
    const documented = commandLinesOf(readFileSync(new URL('docs/cli.md', ROOT), 'utf8'));
    const asking = leaves.filter(({ command }) => command.options.some(({ long }) => long === '--server'));
    const missing = asking.filter(({ path }) => !documented.some((line) => `${line} `.startsWith(`${path} `)));
    expect(missing.map(({ path }) => path)).toEqual([]);
  });
});

/** The help of a command, with the text after the options. */
function helpOf(command: Command): string {
  let help = '';
  command.configureOutput({ writeOut: (text) => (help += text) });
  command.outputHelp();
  return help;
}
