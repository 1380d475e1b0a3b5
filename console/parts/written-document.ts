/** Parses a document in an editor, in YAML or JSON, and locates faults in it. */
import { LineCounter, parseDocument } from 'yaml';
import { offsetOf, valueOf } from '../../registry/document/yaml-places.ts';
import type { Fault } from '../../registry/server-json/check.ts';

const MAX_ALIASES = 20;

export interface PlacedFault extends Fault {
  /** The line number, starting at 1. */
  readonly line: number;
  readonly column: number;
}

export interface WrittenDocument {
  /** The parsed document; undefined if the text can't be parsed. */
  readonly value: unknown;
  /** The reasons why the text can't be parsed. */
  readonly faults: readonly PlacedFault[];
  /** Locates a path such as `packages[0].transport` in the text, or the nearest part of it that exists. */
  readonly place: (fault: Fault) => PlacedFault;
}

export function readDocument(text: string): WrittenDocument {
  const lines = new LineCounter();
  const document = parseDocument(text, { lineCounter: lines, prettyErrors: false, logLevel: 'silent' });
  const at = (offset: number): { line: number; column: number } => {
    const { line, col } = lines.linePos(offset);
    return { line: Math.max(1, line), column: Math.max(1, col) };
  };
  const faults = document.errors.map(({ message, pos }) => ({ path: '', message, ...at(pos[0]) }));
  let value: unknown;
  try {
    if (faults.length === 0) value = valueOf(document, text, MAX_ALIASES);
  } catch (error) {
    faults.push({ path: '', message: (error as Error).message, ...at(0) });
  }
  return {
    value,
    faults,
    place: (fault) => ({ ...fault, ...at(offsetOf(document, segmentsOf(fault.path), 'key')) }),
  };
}

/** `packages[0].a["b.c"]` has the segments `packages`, 0, `a`, `b.c`. */
function segmentsOf(path: string): (string | number)[] {
  return [...path.matchAll(/\[("(?:[^"\\]|\\.)*")\]|\[(\d+)\]|([^.[\]]+)/g)].map(([, quoted, index, name = '']) => {
    if (quoted !== undefined) return JSON.parse(quoted) as string;
    return index === undefined ? name : Number(index);
  });
}
