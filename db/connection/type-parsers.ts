import type { DriverTypeParser } from 'slonik';

/**
 * How columns arrive in TypeScript:
 * - `timestamptz`: RFC 3339 text in UTC with every digit that Postgres keeps (`2025-09-08T23:47:09.452138Z`), because a
 *   date that passes through a JavaScript `Date` loses its microseconds and would no longer be the upstream's;
 * - `int8`: text. Ids are opaque outside of the database; a query that wants a number casts or coerces.
 * Everything else is what `pg` makes of it.
 */
export const typeParsers: readonly DriverTypeParser[] = [
  { name: 'timestamptz', parse: rfc3339 },
  { name: 'int8', parse: (text: string) => text },
];

/** `2025-09-08 23:47:09.452138+00`, as Postgres writes it in a session whose time zone is UTC, as RFC 3339. */
function rfc3339(text: string): string {
  return text.replace(' ', 'T').replace(/\+00(:00)?$/, 'Z');
}
