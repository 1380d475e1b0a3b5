/** Properties of every export of every registry. */
import { execFileSync } from 'node:child_process';
import fc from 'fast-check';
import { afterEach, describe, expect, test, vi } from 'vitest';
import { serverForm, type ExportedVersion } from '../../../registry/exports/form/server-form.ts';
import { installOptions } from '../../../registry/exports/install/options.ts';
import { labelOf } from '../../../registry/exports/label.ts';
import { shellWords } from '../../../registry/exports/shell.ts';
import { catalogOf, EXPORT_VERSIONS } from '../../../registry/exports/target.ts';
import { TARGETS } from '../../../registry/exports/targets.ts';
import { faultsOf } from './client-rules.ts';
import { entries, names, SECRET } from './documents.ts';
import { nameOfLabel } from './label-names.ts';

afterEach(() => vi.useRealTimers());

interface Export {
  readonly id: string;
  readonly text: string;
  readonly report: string;
  readonly faults: readonly string[];
}

/** Every target in every mode. */
function exportsOf(list: readonly ExportedVersion[]): Export[] {
  const catalog = catalogOf(list);
  return TARGETS.flatMap((target) =>
    target.modes.flatMap((mode) =>
      (mode === 'provide' ? (['all'] as const) : EXPORT_VERSIONS).map((versions) => {
        const { text, report } = target.render(catalog, { mode, versions });
        return { id: `${target.id} ${mode}`, text, report: JSON.stringify(report), faults: faultsOf(target, text) };
      }),
    ),
  );
}

test('exports follow the rules of their clients, and account for every server', () => {
  fc.assert(
    fc.property(entries, (list) => {
      const expected = new Set(list.map(({ name }) => name));
      for (const { id, text, report, faults } of exportsOf(list)) {
        expect(faults, `${id}: ${text}`).toEqual([]);
        const named = (JSON.parse(report) as { name: string }[]).map(({ name }) => name);
        expect(named).toEqual([...expected].toSorted());
      }
    }),
    { numRuns: 100 },
  );
});

test('exports are independent of the order of entries and of the time', () => {
  vi.useFakeTimers({ toFake: ['Date'] });
  const shuffled = entries.chain((list) =>
    fc.tuple(fc.constant(list), fc.shuffledSubarray(list, { minLength: list.length })),
  );
  fc.assert(
    fc.property(shuffled, fc.date({ noInvalidDate: true }), ([list, other], time) => {
      vi.setSystemTime(0);
      const exported = exportsOf(list);
      vi.setSystemTime(time);
      expect(exportsOf(other)).toEqual(exported);
    }),
    { numRuns: 40 },
  );
});

test('no value that is marked as a secret is in an export, a report, a link, or a command', () => {
  let secrets = 0;
  fc.assert(
    fc.property(entries, (list) => {
      secrets += list.filter(({ document }) => document.includes(SECRET)).length;
      for (const { text, report } of exportsOf(list)) expect(text + report).not.toContain(SECRET);
      for (const option of list.map(serverForm).flatMap(installOptions)) {
        const decoded = 'text' in option ? decodedLink(option.text) : option.reason;
        expect(decoded).not.toContain(SECRET);
      }
    }),
    { numRuns: 100 },
  );
  expect(secrets).toBeGreaterThan(50);
});

/** A link, and its encoded contents. */
function decodedLink(text: string): string {
  const base64 = /[?&]config=([^&]+)/.exec(text)?.[1];
  return `${text} ${decodeURIComponent(text.replaceAll(/%(?![0-9A-F]{2})/g, '%25'))} ${base64 === undefined ? '' : Buffer.from(decodeURIComponent(base64), 'base64').toString()}`;
}

describe('labels', () => {
  const anyName = fc.oneof(
    names,
    fc.tuple(fc.string({ minLength: 1 }), fc.string({ minLength: 1 })).map((parts) => parts.join('/')),
  );

  test.each(['underscore', 'hyphen'] as const)(
    'with %s have only allowed characters, and can be read back',
    (alphabet) => {
      fc.assert(
        fc.property(anyName, (name) => {
          const label = labelOf(name, alphabet);
          expect(label).toMatch(alphabet === 'hyphen' ? /^[A-Za-z0-9-]+$/ : /^[A-Za-z0-9_-]+$/);
          expect(label).not.toContain('__');
          expect(nameOfLabel(label, alphabet)).toBe(name.toWellFormed());
        }),
        { numRuns: 1000 },
      );
    },
  );

  test('of different names differ', () => {
    const characters = ['a', '.', '-', '_', '/'];
    const texts = (length: number): string[] =>
      length === 0 ? [''] : texts(length - 1).flatMap((start) => characters.map((character) => start + character));
    const all = [1, 2, 3, 4]
      .flatMap(texts)
      .map((text) => `a/${text}`)
      .concat([2, 3, 4].flatMap(texts));
    const different = [...new Set(all)];
    expect(new Set(different.map((name) => labelOf(name))).size).toBe(different.length);
    expect(new Set(different.map((name) => labelOf(name, 'hyphen'))).size).toBe(different.length);
  });

  test.each([
    ['io.github.acme/weather-mcp', 'io-github-acme_weather-mcp', 'io-github-acme---weather-mcp'],
    ['com.my-company/a_b.c', 'com-my--company_a_b--c', 'com-my--company---a---b--c'],
    ['com.xn--caf-dma/x', 'com-xn----caf--dma_x', 'com-xn----caf--dma---x'],
    ['com..a/b', 'x-636f6d2e2e612f62', 'x-636f6d2e2e612f62'],
  ])('of %s are %s and %s', (name, label, withoutUnderscore) => {
    expect([labelOf(name), labelOf(name, 'hyphen')]).toEqual([label, withoutUnderscore]);
  });
});

describe('a command line', () => {
  /** The words as a shell splits the line, printed by the program that it would start. */
  function splitByShell(lines: readonly string[]): string[][] {
    const script = `print() { for word in "$@"; do printf '%s\\0' "$word"; done; printf '\\1'; }\n${lines.map((line) => `print ${line}`).join('\n')}\n`;
    const stdout = execFileSync('sh', { input: script, maxBuffer: 64 * 1024 * 1024 }).toString();
    return stdout
      .split('\u{1}')
      .slice(0, -1)
      .map((part) => part.split('\0').slice(0, -1));
  }

  test('gives the same words when a shell splits it', () => {
    const anyWord = fc
      .string({ unit: 'binary' })
      .filter((word) => !word.includes('\0') && !word.includes('\u{1}') && word.isWellFormed());
    const commands = fc.sample(fc.array(anyWord, { minLength: 1, maxLength: 6 }), 500);
    expect(splitByShell(commands.map(shellWords))).toEqual(commands);
  });

  test('of an install command starts what the export contains', () => {
    const forms = fc.sample(entries, 60).flat().map(serverForm);
    const lines = forms
      .flatMap(installOptions)
      .flatMap((option) => ('text' in option && option.kind === 'command' ? [option.text] : []));
    expect(lines.length).toBeGreaterThan(100);
    const split = splitByShell(lines);
    expect(split.map(shellWords)).toEqual(lines);
    for (const words of split) expect(words[0]).toMatch(/^(code|claude|codex|gemini)$/);
  });
});
