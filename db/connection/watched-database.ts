/** A database whose callers are told at once when it doesn't answer. */
import type { Database } from './database.ts';
import type { DatabaseWatch } from './watch.ts';
import { TAKES_CONNECTION } from './orderly-pool.ts';

/**
 * The same database, except that what is asked for while it doesn't answer fails at once with a `DatabaseUnavailable`,
 * and so does what is being asked for when that begins.
 */
export function watchedDatabase(database: Database, watch: DatabaseWatch): Database {
  const pool = new Proxy(database.pool, {
    get: (target, property) => {
      const member: unknown = Reflect.get(target, property);
      if (typeof member !== 'function' || !TAKES_CONNECTION.has(property)) return member;
      return async (...parameters: unknown[]) => {
        const loss = watch.loss();
        loss.throwIfAborted();
        return await untilLoss(Reflect.apply(member, target, parameters) as Promise<unknown>, loss);
      };
    },
  });
  return { ...database, pool };
}

async function untilLoss<Answer>(answer: Promise<Answer>, loss: AbortSignal): Promise<Answer> {
  const { promise: lost, reject } = Promise.withResolvers<never>();
  const tell = (): void => reject(loss.reason as Error);
  loss.addEventListener('abort', tell);
  try {
    return await Promise.race([answer, lost]);
  } finally {
    loss.removeEventListener('abort', tell);
    answer.catch(() => undefined);
  }
}
