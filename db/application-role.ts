/**
 * The role that may read and write rows, and nothing else. The user that the registry serves as is a member of it; the
 * user that migrates owns the tables. Its name is ToolHive Registry Server's, so that a database that was set up for
 * that server works here.
 */
export const APPLICATION_ROLE = 'toolhive_registry_server';

/**
 * Lets the role, where it exists, read and write the rows of all tables, those of later migrations included. Run by the
 * user that migrates, as often as you like. The record of migrations stays read-only to it; audit events it adds and
 * reads, and whatever else is to be done with them functions do.
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
