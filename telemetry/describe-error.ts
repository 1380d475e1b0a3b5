/** The message of an error. Some network errors have only nested errors or a code. */
export function describeError(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  if (error.message !== '') return error.message;
  if (error instanceof AggregateError && error.errors.length > 0) return describeError(error.errors[0]);
  return 'code' in error ? String(error.code) : error.name;
}
