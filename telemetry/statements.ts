/** SQL statements as metrics and spans. Values are never recorded, because they can be secret. */
import { SpanKind } from '@opentelemetry/api';
import { databaseDuration } from './instruments.ts';
import { errorType, inSpan } from './span.ts';

const MAX_QUERY_TEXT = 2_000;
const SYSTEM = { 'db.system.name': 'postgresql' } as const;

/** Runs a statement, given by its text with placeholders. */
export async function observeStatement<Result>(text: string, run: () => Promise<Result>): Promise<Result> {
  const startedAt = performance.now();
  const { operation, summary } = summaryOf(text);
  const measured = { ...SYSTEM, 'db.operation.name': operation };
  const end = (error?: unknown): void => {
    databaseDuration.record((performance.now() - startedAt) / 1000, {
      ...measured,
      ...(error !== undefined && { 'error.type': errorType(error) }),
    });
  };
  try {
    const attributes = {
      ...measured,
      'db.query.summary': summary,
      'db.query.text': text.trim().slice(0, MAX_QUERY_TEXT),
    };
    const result = await inSpan({ name: summary, kind: SpanKind.CLIENT, attributes }, run);
    end();
    return result;
  } catch (error) {
    end(error);
    throw error;
  }
}

interface Summary {
  /** The verb: `INSERT`. */
  readonly operation: string;
  /** The verb and its table: `INSERT write_request`. */
  readonly summary: string;
}

const summaries = new Map<string, Summary>();
/** Statements that are composed at run time have few variants. */
const MAX_SUMMARIES = 1_000;

function summaryOf(text: string): Summary {
  const known = summaries.get(text);
  if (known !== undefined) return known;
  const [, change, changed] = /\b(insert into|update|delete from|copy)\s+([a-z_]+)/i.exec(text) ?? [];
  const [, read] = /\bfrom\s+([a-z_]+)/i.exec(text) ?? [];
  const [verb = 'query'] = /[a-z]+/i.exec(text) ?? [];
  const operation = (change ?? (read === undefined ? verb : 'select')).replace(/\s.*/s, '').toUpperCase();
  const table = changed ?? read;
  const summary = { operation, summary: table === undefined ? operation : `${operation} ${table}` };
  if (summaries.size < MAX_SUMMARIES) summaries.set(text, summary);
  return summary;
}
