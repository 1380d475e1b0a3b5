import { SchemaValidationError } from 'slonik';
import type { Interceptor, QueryResultRow } from 'slonik';

/** Checks each row against the schema that its query was written with; without it slonik believes the types. */
export const resultParser: Interceptor = {
  name: 'result-parser',
  transformRow: (context, query, row) => {
    const schema = context.resultParser;
    if (schema === undefined) return row;
    const result = schema['~standard'].validate(row);
    if (result instanceof Promise) throw new TypeError('The schema of a row has to be synchronous.');
    if (result.issues !== undefined) {
      throw new SchemaValidationError(query, row, result.issues);
    }
    return result.value as QueryResultRow;
  },
};
