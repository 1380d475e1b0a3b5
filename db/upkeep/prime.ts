import pg from 'pg';
import { APPLICATION_ROLE, GRANT_TO_APPLICATION_ROLE } from './application-role.ts';
import type { ConnectionSettings } from '../connection/settings.ts';
import { withClient } from '../connection/plain-client.ts';
import { scramVerifier } from './scram-verifier.ts';

/**
 * The SQL that prepares a database for the user that the registry serves as: the role that may read and write rows,
 * the user with this password, and the membership. Safe to run again; an existing user gets the password. The password
 * itself is not in it, so neither a terminal nor the log of the server shows it.
 */
export function primeDatabaseSql(user: string, password: string): string {
  const name = pg.escapeIdentifier(user);
  // Within the quotes of a block no text can be quoted safely: it is handed over as a setting of the transaction.
  return `begin;

select set_config('rollcall.user', ${pg.escapeLiteral(user)}, true);

do $prime$
begin
  if not exists (select from pg_roles where rolname = '${APPLICATION_ROLE}') then
    create role ${APPLICATION_ROLE};
  end if;
  if not exists (select from pg_roles where rolname = current_setting('rollcall.user')) then
    execute format('create role %I login', current_setting('rollcall.user'));
  end if;
end
$prime$;

alter role ${name} login password ${pg.escapeLiteral(scramVerifier(password))};
grant ${APPLICATION_ROLE} to ${name};
${GRANT_TO_APPLICATION_ROLE}

commit;
`;
}

/** Runs `primeDatabaseSql`, as a user who may create roles and owns the tables, if there are any yet. */
export async function primeDatabase(
  settings: ConnectionSettings,
  login: { readonly user: string; readonly password: string },
): Promise<void> {
  await withClient(settings, (client) => client.query(primeDatabaseSql(login.user, login.password)));
}
