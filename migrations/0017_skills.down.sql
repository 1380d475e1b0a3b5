-- Earlier versions would serve skills and plugins as servers.
delete from server_owner where kind <> 'server';
delete from server_claims where entry_kind(name) <> 'server';
delete from searched_text where entry_kind(name) <> 'server';
delete from snapshot_entry where entry_kind(name) <> 'server';
delete from write_request where entry_kind(name) <> 'server';
delete from entry where kind <> 'server';
update source set fetch_state = null where kind not in ('kubernetes', 'managed');
update registry set revision = revision + 1;

drop index server_owner_short_name;
alter table server_owner drop column kind;
alter table entry
  drop column kind,
  drop constraint entry_status_check,
  add constraint entry_status_check check (status in ('active', 'deprecated', 'deleted'));
drop function entry_kind(text);
