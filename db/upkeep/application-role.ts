/**
 * The role that can only read and write rows. The application user is a member of it, and the migration user owns the
 * tables. It has the same name as in ToolHive Registry Server, so that databases set up for that server work unchanged.
 */
export const APPLICATION_ROLE = 'toolhive_registry_server';

/**
 * Allows the role, if it exists, to read and write the rows of all tables, including tables of later migrations. Must
 * be run by the migration user, and can be repeated. The list of migrations is read-only for the role. Audit events can
 * only be added and read; functions do everything else with them.
 */
export const GRANT_TO_APPLICATION_ROLE = `
do $grant$
begin
  if exists (select from pg_roles where rolname = '${APPLICATION_ROLE}') then
    execute format('grant usage on schema %I to ${APPLICATION_ROLE}', current_schema());
    execute format('grant select, insert, update, delete on all tables in schema %I to ${APPLICATION_ROLE}', current_schema());
    execute format('alter default privileges in schema %I grant select, insert, update, delete on tables to ${APPLICATION_ROLE}', current_schema());
    if to_regclass('schema_migration') is not null then
      revoke insert, update, delete on schema_migration from ${APPLICATION_ROLE};
    end if;
    if to_regclass('audit_event') is not null then
      revoke update, delete on audit_event from ${APPLICATION_ROLE};
      grant execute on function complete_audit_event, discard_audit_event, purge_audit_events to ${APPLICATION_ROLE};
    end if;
  end if;
end
$grant$;`;
