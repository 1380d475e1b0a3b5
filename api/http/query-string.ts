/** Reads the query string of a request strictly, so that clients notice their mistakes. */
import type { z } from 'zod';
import { HttpError } from './error.ts';
import { percentDecoded } from './path-parameter.ts';

/**
 * The query parameters that the schema names, checked by it. Other parameters are ignored.
 *
 * @throws HttpError 400 for a malformed percent sign, a parameter that is given twice, or a value that the schema refuses.
 */
export function readQuery<Schema extends z.ZodObject>(url: string, schema: Schema): z.output<Schema> {
  const start = url.indexOf('?');
  const given = start === -1 ? {} : parameters(url.slice(start + 1), schema.shape);
  const result = schema.safeParse(given);
  if (!result.success) throw badQuery(result.error);
  return result.data;
}

function parameters(queryString: string, known: Readonly<Record<string, unknown>>): Record<string, string> {
  const values: Record<string, string> = {};
  for (const pair of queryString.split('&')) {
    const equals = pair.indexOf('=');
    const name = decode(equals === -1 ? pair : pair.slice(0, equals));
    if (!Object.hasOwn(known, name)) continue;
    if (Object.hasOwn(values, name)) throw new HttpError(400, `Query parameter "${name}" is given more than once`);
    values[name] = equals === -1 ? '' : decode(pair.slice(equals + 1));
  }
  return values;
}

function decode(text: string): string {
  const decoded = percentDecoded(text.replaceAll('+', ' '));
  if (decoded === null) throw new HttpError(400, 'The query string has a malformed percent-encoding');
  return decoded;
}

function badQuery(error: z.ZodError): HttpError {
  const faults = error.issues.map((issue) => ({ path: issue.path.join('.'), message: issue.message }));
  const text = faults.map(({ path, message }) => (path === '' ? message : `Query parameter "${path}" ${message}`));
  return new HttpError(400, text.join('; '));
}
