/** The commands that the documentation and the help texts tell people to type are there, with their options. */
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

/** What follows the program's name, in lines of code and in code within a line. */
function commandLinesOf(text: string): string[] {
  return [...text.matchAll(/(?:^ *(?:\$ |\S+=\S+ )?|`|; |\| |npx )rollcall +((?:admin|[a-z])[^`\n#|;&<]*)/gm)].map(
    ([, line = '']) => line.trim(),
  );
}

/** What of a command line there is not; null: it is right. */
function unknownIn(line: string): string | null {
  const words = line.split(/[\s,]+/).filter((word) => word !== '');
  let command = program;
  while (command.commands.length > 0) {
    const [word = ''] = words.splice(0, 1);
    const next = command.commands.find((candidate) => candidate.name() === word);
    if (next === undefined) return word === '' || word.startsWith('-') ? null : `${word} of ${command.name()}`;
    command = next;
  }
  if (command.name() === 'temporal') return null; // the rest is for another program
  const options = words.filter((word) => /^--?[a-z]/.test(word)).map((word) => word.split('=')[0]);
  const unknown = options.find(
    (word) => word !== '--help' && !command.options.some(({ short, long }) => word === short || word === long),
  );
  return unknown === undefined ? null : `${unknown} of ${command.name()}`;
}

const DOCUMENTS = ['README.md', ...readdirSync(new URL('docs', ROOT)).map((name) => `docs/${name}`)];

test.each(DOCUMENTS.filter((name) => name.endsWith('.md')))('%s names commands and options that there are', (name) => {
  const lines = commandLinesOf(readFileSync(new URL(name, ROOT), 'utf8'));
  expect(lines.filter((line) => unknownIn(line) !== null)).toEqual([]);
});

describe('help', () => {
  const leaves = commands.filter(({ command }) => command.commands.length === 0);

  test.each(leaves)('$path explains itself, and its examples are right', ({ command }) => {
    const help = helpOf(command);
    expect(command.description()).not.toBe('');
    expect(help).not.toContain('default: false'); // as of every option that is given or not
    const lines = commandLinesOf(help.slice(help.indexOf('\n\n')));
    expect(lines.filter((line) => unknownIn(line) !== null)).toEqual([]);
  });

  test('of commands that ask a server is in docs/cli.md', () => {
    const documented = commandLinesOf(readFileSync(new URL('docs/cli.md', ROOT), 'utf8'));
    const asking = leaves.filter(({ command }) => command.options.some(({ long }) => long === '--server'));
    const missing = asking.filter(({ path }) => !documented.some((line) => `${line} `.startsWith(`${path} `)));
    expect(missing.map(({ path }) => path)).toEqual([]);
  });
});

/** With what is added after the options. */
function helpOf(command: Command): string {
  let help = '';
  command.configureOutput({ writeOut: (text) => (help += text) });
  command.outputHelp();
  return help;
}
