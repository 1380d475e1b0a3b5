-- The kind of an entry, from its stored name (registry/entry-kind.ts).
create function entry_kind(name text) returns text
language sql immutable parallel safe
as $$
  select case when starts_with(name, 'skill:') then 'skill' when starts_with(name, 'plugin:') then 'plugin' else 'server' end
$$;

alter table entry
  add column kind text collate "C" not null generated always as (entry_kind(name)) stored,
  drop constraint entry_status_check,
  -- Only skills and plugins can be archived.
  add constraint entry_status_check check (status in ('active', 'deprecated', 'archived', 'deleted'));
alter table server_owner
  add column kind text collate "C" not null generated always as (entry_kind(name)) stored;

-- For searches that list exact matches first. Servers aren't in it, so that a sync of servers doesn't pay for it.
create index server_owner_short_name on server_owner (registry_id, lower(split_part(name, '/', 2))) where kind <> 'server';

-- Earlier versions ignored the skills and plugins of documents: the next sync reads unchanged documents again.
update source set fetch_state = null where kind not in ('api', 'kubernetes', 'managed');
