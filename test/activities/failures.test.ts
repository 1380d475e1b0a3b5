import { ApplicationFailure } from '@temporalio/common';
import { describe, expect, test } from 'vitest';
import { MockActivityEnvironment } from '@temporalio/testing';
import { DefaultLogger } from '@temporalio/worker';
import { failingClearly, toApplicationFailure } from '../../activities/failures.ts';
import { DatabaseUnavailable } from '../../db/connection/availability.ts';
import { type FailureType, RollcallError } from '../../registry/failure.ts';

describe('a failure that Temporal records', () => {
  test('has the type and message of its cause, and is final if a retry can’t help', () => {
    const failure = toApplicationFailure(new RollcallError('FormatMismatch', 'the wrong one'));
    expect(failure).toMatchObject({ type: 'FormatMismatch', message: 'the wrong one', nonRetryable: true });
    expect(toApplicationFailure(new RollcallError('UpstreamUnavailable', 'down')).nonRetryable).toBe(false);
  });

  test('is retried when the upstream allows it, unless that is too late', () => {
    const soon = new RollcallError('UpstreamRateLimited', 'busy', { retryAfterMs: 5_000 });
    expect(toApplicationFailure(soon)).toMatchObject({ nonRetryable: false, nextRetryDelay: 5_000 });
    const late = new RollcallError('UpstreamRateLimited', 'busy', { retryAfterMs: 600_000 });
    expect(toApplicationFailure(late)).toMatchObject({ nonRetryable: true, details: [{ retryAfterMs: 600_000 }] });
  });

  test('of an unknown error keeps its message and is retried', () => {
    const failure = toApplicationFailure(new TypeError('x is not a function'));
    expect(failure).toMatchObject({ type: 'Unknown', message: 'TypeError: x is not a function', nonRetryable: false });
    expect(toApplicationFailure('text')).toMatchObject({ message: 'text' });
  });

  test('of a database with several addresses, of which none answers, names one of them', () => {
    const refused = new AggregateError([new Error('connect ECONNREFUSED ::1:5432'), new Error('the other')]);
    expect(toApplicationFailure(new DatabaseUnavailable(refused))).toMatchObject({
      type: 'DatabaseUnavailable',
      message: 'Postgres was unavailable: connect ECONNREFUSED ::1:5432',
      nonRetryable: false,
    });
  });

  test('is logged as a warning, unless it only refuses a write', async () => {
    const levels: string[] = [];
    const logger = new DefaultLogger('INFO', ({ level }) => levels.push(level));
    const fail = async (type: FailureType): Promise<void> => {
      const activity = () => failingClearly(() => Promise.reject(new RollcallError(type, 'no')));
      await expect(new MockActivityEnvironment({}, { logger }).run(activity)).rejects.toMatchObject({ type });
    };
    await fail('EntryExists');
    expect(levels).toEqual([]);
    await fail('SnapshotLost');
    expect(levels).toEqual(['WARN']);
  });

  test('that is already one stays unchanged', () => {
    const failure = ApplicationFailure.nonRetryable('mine', 'Mine');
    expect(toApplicationFailure(failure)).toBe(failure);
  });

  test('shows no credentials, neither in the message nor in the stack', () => {
    const error = new Error('could not fetch https://user:s3cret@example.com/x?token=s3cret: failed');
    const failure = toApplicationFailure(error);
    expect(`${failure.message}${failure.stack}`).not.toContain('s3cret');
    expect(failure.message).toContain('https://example.com/x');
  });

  test('has a bounded message without credentials at its end', () => {
    const long = `${'x'.repeat(3_970)} https://user:s3cret@example.com/${'y'.repeat(300_000)}`;
    const { message } = toApplicationFailure(new RollcallError('UpstreamInvalid', long));
    expect(message.length).toBeLessThanOrEqual(4_000);
    expect(message).not.toContain('s3cret');
  });
});
