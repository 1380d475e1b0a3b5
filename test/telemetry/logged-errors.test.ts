import { expect, test } from 'vitest';
import { DatabaseUnavailable } from '../../db/connection/availability.ts';
import { serializeError } from '../../telemetry/serialize-error.ts';

test('an error that stands for several shows the message of the first, as itself and as a cause', () => {
  const refused = new AggregateError([new Error('connect ECONNREFUSED ::1:5432'), new Error('the other')]);
  expect(serializeError(refused)).toMatchObject({ message: 'connect ECONNREFUSED ::1:5432' });
  expect(serializeError(new DatabaseUnavailable(refused))).toEqual({
    type: 'DatabaseUnavailable',
    message: 'Database unavailable',
    cause: 'AggregateError: connect ECONNREFUSED ::1:5432',
  });
});
