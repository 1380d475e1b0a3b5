/** SQL statements as metrics and spans. Values are never recorded, because they can be secret. */
import { SpanKind } from '@opentelemetry/api';
import type { Series } from './histogram.ts';
import { databaseDuration } from './instruments.ts';
import { errorType, inSpan, type SpanDescription } from './span.ts';

const MAX_QUERY_TEXT = 2_000;
const SYSTEM = { 'db.system.name': 'postgresql' } as const;

/** Runs a statement and observes it. `text` is the SQL with placeholders. */
export async function observeStatement<Result>(text: string, run: () => Promise<Result>): Promise<Result> {
  const startedAt = performance.now();
  const { operation, span } = kindOf(text);
  try {
    const result = await inSpan(span, run);
    durations(operation).record((performance.now() - startedAt) / 1000);
    return result;
  } catch (error) {
    durations(operation, errorType(error)).record((performance.now() - startedAt) / 1000);
    throw error;
  }
}

const series = new Map<string, Series>();

/** Durations of statements with this verb, and with this error if they fail. */
function durations(operation: string, error = ''): Series {
  const key = `${operation} ${error}`;
  const known = series.get(key);
  if (known !== undefined) return known;
  const added = databaseDuration({
    ...SYSTEM,
    'db.operation.name': operation,
    ...(error !== '' && { 'error.type': error }),
  });
  series.set(key, added);
  return added;
}

interface StatementKind {
  /** The verb of the statement: `INSERT`. */
  readonly operation: string;
  /** The span is named after the verb and its table: `INSERT write_request`. */
  readonly span: SpanDescription;
}

const kinds = new Map<string, StatementKind>();
/** Statements that are composed at run time have few variants. */
const MAX_KINDS = 1_000;

function kindOf(text: string): StatementKind {
  const known = kinds.get(text);
  if (known !== undefined) return known;
  const [, change, changed] = /\b(insert into|update|delete from|copy)\s+([a-z_]+)/i.exec(text) ?? [];
  const [, read] = /\bfrom\s+([a-z_]+)/i.exec(text) ?? [];
  const [verb = 'query'] = /[a-z]+/i.exec(text) ?? [];
  const operation = (change ?? (read === undefined ? verb : 'select')).replace(/\s.*/s, '').toUpperCase();
  const table = changed ?? read;
  const name = table === undefined ? operation : `${operation} ${table}`;
  const attributes = {
    ...SYSTEM,
    'db.operation.name': operation,
    'db.query.summary': name,
    'db.query.text': text.trim().slice(0, MAX_QUERY_TEXT),
  };
  const kind = { operation, span: { name, kind: SpanKind.CLIENT, attributes } };
  if (kinds.size < MAX_KINDS) kinds.set(text, kind);
  return kind;
}
