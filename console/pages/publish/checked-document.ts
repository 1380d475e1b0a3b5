/** Checks a document in the browser, with the server's own rules and messages. */
import { config } from 'zod';
import type { EntryKind } from '../../../registry/entry-kind.ts';
import { checkServerJson } from '../../../registry/server-json/check.ts';
import { checkSkill } from '../../../registry/skills/check-skill.ts';
import { type PlacedFault, readDocument } from '../../parts/written-document.ts';
import { texts } from './texts.ts';

// The content security policy forbids compiling code.
config({ jitless: true });

/** The faults of the document of a server, skill, or plugin, each at its place in the text. Empty for an empty text. */
export function faultsOfDocument(kind: EntryKind, text: string): readonly PlacedFault[] {
  if (text.trim() === '') return [];
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (error) {
    return [{ path: '', message: texts.notJson, ...placeOf(error, text) }];
  }
  const { place } = readDocument(text);
  const faults = kind === 'server' ? checkServerJson(value, { text }) : checkSkill(kind, value, text);
  return faults.map(place);
}

/** Browsers name the offset, or the line and column. */
function placeOf(error: unknown, text: string): { readonly line: number; readonly column: number } {
  const message = error instanceof Error ? error.message : '';
  const [, line, column] = /line (\d+) column (\d+)/.exec(message) ?? [];
  if (line !== undefined) return { line: Number(line), column: Number(column) };
  const offset = /position (\d+)/.exec(message)?.[1];
  const before = text.slice(0, offset === undefined ? text.length : Number(offset)).split('\n');
  return { line: before.length, column: (before.at(-1)?.length ?? 0) + 1 };
}
