/** Names of skills and plugins that are equal to a search term. Servers have no exact names. */
import { type FragmentSqlToken, sql } from 'slonik';
import { type EntryKind, servedName, storedName } from '../../registry/entry-kind.ts';

interface ExactNames {
  readonly kind: EntryKind;
  readonly search?: string | undefined;
  readonly exactNames?: 'only' | 'none' | undefined;
}

/** Condition for names in `server_owner`. The index `server_owner_short_name` finds the exact ones. */
export function exactNameCondition({ kind, search = '', exactNames }: ExactNames): FragmentSqlToken {
  if (exactNames === undefined) return sql.fragment`true`;
  const term = lowerCase(search);
  const isExact = sql.fragment`
    lower(split_part(server_owner.name, '/', 2)) = ${lastPart(term)}
    and (${!term.includes('/')} or lower(server_owner.name) = ${storedName(kind, term)})`;
  return exactNames === 'only'
    ? sql.fragment`server_owner.kind <> 'server' and ${isExact}`
    : sql.fragment`not (${isExact})`;
}

/** Whether the name, with or without its namespace, is the term in any case. */
export function isExactName(stored: string, search: string): boolean {
  const term = lowerCase(search);
  const name = lowerCase(servedName(stored));
  return name === term || (!term.includes('/') && lastPart(name) === term);
}

function lastPart(name: string): string {
  return name.slice(name.indexOf('/') + 1);
}

/** Like `lower` in the collation `C`. */
function lowerCase(text: string): string {
  return text.replaceAll(/[A-Z]/g, (letter) => letter.toLowerCase());
}
