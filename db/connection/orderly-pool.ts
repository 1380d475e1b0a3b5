import type { DatabasePool } from 'slonik';
import { type TurnLimits, Turns } from './turns.ts';

/** The methods of a pool that take a connection. */
export const TAKES_CONNECTION: ReadonlySet<string | symbol> = new Set([
  'any',
  'anyFirst',
  'connect',
  'exists',
  'many',
  'manyFirst',
  'maybeOne',
  'maybeOneFirst',
  'one',
  'oneFirst',
  'query',
  'record',
  'stream',
  'transaction',
] satisfies (keyof DatabasePool)[]);

/**
 * The same pool with a queue of our own before it, so that nobody ever waits in slonik's: there a caller who waits
 * while the database becomes unavailable is forgotten, and waits indefinitely, if no connection can be made (slonik #627, #631).
 * slonik itself has to be allowed more connections than `limits.count`, which then are not made.
 */
export function orderlyPool(pool: DatabasePool, limits: TurnLimits): DatabasePool {
  const turns = new Turns(limits);
  return new Proxy(pool, {
    get: (target, property) => {
      const member: unknown = Reflect.get(target, property);
      if (typeof member !== 'function' || !TAKES_CONNECTION.has(property)) return member;
      return async (...parameters: unknown[]) => await turns.take(() => Reflect.apply(member, target, parameters));
    },
  });
}
