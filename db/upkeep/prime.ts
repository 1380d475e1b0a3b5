import pg from 'pg';
import { APPLICATION_ROLE, GRANT_TO_APPLICATION_ROLE } from './application-role.ts';
import type { ConnectionSettings } from '../connection/settings.ts';
import { withClient } from '../connection/plain-client.ts';
import { scramVerifier } from './scram-verifier.ts';

/**
 * The SQL that prepares a database for the application user: the role that can read and write rows, the user with this
 * password, and its membership. It can be run again; an existing user gets the new password. It contains a verifier
 * instead of the password, so neither a terminal nor the server's log shows the password.
 */
export function primeDatabaseSql(user: string, password: string): string {
  const name = pg.escapeIdentifier(user);
  // Text can't be quoted safely inside the block, so the user is passed as a setting of the transaction.
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

/** Runs `primeDatabaseSql`. Needs a user who can create roles and owns existing tables. */
export async function primeDatabase(
  settings: ConnectionSettings,
  login: { readonly user: string; readonly password: string },
): Promise<void> {
  await withClient(settings, (client) => client.query(primeDatabaseSql(login.user, login.password)));
}
