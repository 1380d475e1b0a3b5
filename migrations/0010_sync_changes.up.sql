-- Which entries a sync added, changed, and removed: the first 1,000 of each kind. The record of the sync counts them all.
create table sync_change (
  sync_run_id bigint not null references sync_run on delete cascade,
  kind text collate "C" not null check (kind in ('added', 'changed', 'removed')),
  name text collate "C" not null,
  version text collate "C" not null,
  primary key (sync_run_id, kind, name, version)
);
