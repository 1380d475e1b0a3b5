-- Substring search over names, titles and descriptions.
create extension if not exists pg_trgm;

create table source (
  id bigint generated always as identity primary key,
  name text collate "C" not null unique,
  kind text not null check (kind in ('api', 'git', 'file', 'managed')),
  -- Who owns the definition: the configuration file, or the admin API.
  origin text not null check (origin in ('file', 'api')),
  definition jsonb not null,
  -- When the source left the configuration. From then on it is unserved: a managed source is kept and served again when
  -- it returns, any other is erased once its actor has ended.
  detached_at timestamptz,
  -- What the next check and the next fetch compare with: commit, validators, digest, watermark. Null: fetch everything.
  fetch_state jsonb,
  -- The registry document's own members beside its entries (version, last_updated, groups), for exports.
  envelope text,
  created_at timestamptz not null default now(),
  updated_at timestamptz not null default now()
);

create table registry (
  id bigint generated always as identity primary key,
  name text collate "C" not null unique,
  origin text not null check (origin in ('file', 'api')),
  is_default boolean not null default false,
  -- Rises with every visible change; the key of every cache.
  revision bigint not null default 1,
  created_at timestamptz not null default now(),
  updated_at timestamptz not null default now()
);
create unique index registry_default on registry (is_default) where is_default;

create table registry_source (
  registry_id bigint not null references registry on delete cascade,
  source_id bigint not null references source on delete cascade,
  -- Order of precedence, from 0.
  position integer not null,
  primary key (registry_id, source_id),
  unique (registry_id, position) deferrable initially deferred
);
create index registry_source_source on registry_source (source_id);

create table entry (
  id bigint generated always as identity primary key,
  -- No foreign key, which a first sync would pay for with every row. Whoever writes entries holds a lock on their source,
  -- and what a source leaves behind goes with it (erase_rows_of_source); so it is with server_owner.
  source_id bigint not null,
  name text collate "C" not null,
  version text collate "C" not null,
  -- A strict semantic version in a form whose byte order is its precedence; null for any other version.
  version_order text collate "C",
  -- server.json as it is served.
  document text not null,
  -- Of the document, the status and the upstream's dates: an equal digest is an unchanged entry.
  digest bytea not null,
  title text,
  description text not null,
  tags text[] not null,
  -- Name, title and description in lower case, folded by the application: what the database would make of lower()
  -- depends on its locale.
  search_text text collate "C" not null,
  status text not null check (status in ('active', 'deprecated', 'deleted')),
  status_message text,
  status_changed_at timestamptz not null,
  published_at timestamptz not null,
  -- As it is served: the upstream's own date where it has one.
  updated_at timestamptz not null,
  -- When the entry last changed here, which is what updated_since asks for.
  changed_at timestamptz not null,
  -- Set on the tombstone of an entry that is no longer in its source.
  vanished_at timestamptz,
  is_latest boolean not null default false,
  -- The commit of the sync that last changed the entry (git sources).
  commit_id text,
  unique (source_id, name, version)
);
create index entry_latest on entry (source_id, name) where is_latest;
create index entry_vanished on entry (vanished_at) where vanished_at is not null;
create index entry_search on entry using gin (search_text gin_trgm_ops);

-- Which source a name belongs to in a registry: the first in order that has a version that is not deleted, else the
-- first that has a tombstone.
create table server_owner (
  registry_id bigint not null,
  name text collate "C" not null,
  source_id bigint not null,
  -- Since when the name belongs to the source: its entries are news to this registry's readers since then.
  owned_since timestamptz not null,
  -- The newest of owned_since and the changed_at of its entries, so that updated_since finds the names without
  -- looking at every entry.
  changed_at timestamptz not null,
  primary key (registry_id, name)
);
create index server_owner_source on server_owner (source_id);
create index server_owner_changed on server_owner (registry_id, changed_at);

create function erase_rows_of_source() returns trigger
language plpgsql set search_path from current
as $$
begin
  delete from server_owner where source_id = old.id;
  delete from entry where source_id = old.id;
  return null;
end
$$;
create trigger erase_rows after delete on source for each row execute function erase_rows_of_source();

create function erase_rows_of_registry() returns trigger
language plpgsql set search_path from current
as $$
begin
  delete from server_owner where registry_id = old.id;
  return null;
end
$$;
create trigger erase_rows after delete on registry for each row execute function erase_rows_of_registry();

create table sync_run (
  id bigint generated always as identity primary key,
  source_id bigint not null references source on delete cascade,
  number integer not null,
  workflow_id text not null,
  trigger text not null,
  requested_by text,
  reason text,
  forced boolean not null default false,
  started_at timestamptz not null default now(),
  ended_at timestamptz,
  outcome text check (outcome in ('changed', 'unchanged', 'failed', 'cancelled')),
  upstream_revision text,
  entries integer not null default 0,
  added integer not null default 0,
  changed integer not null default 0,
  removed integer not null default 0,
  rejected integer not null default 0,
  warnings integer not null default 0,
  failure_type text,
  failure_message text,
  -- SHA-256 of all its findings; null where it has none, or they came in parts.
  findings_digest bytea,
  -- The earlier sync whose findings are those of this one too, so that they are not written with every sync.
  findings_run_id bigint references sync_run,
  unique (source_id, number)
);
create index sync_run_findings on sync_run (findings_run_id) where findings_run_id is not null;

-- What a sync has to say about single entries: the first 1,000 rejections and warnings; all are counted on its record.
create table sync_finding (
  sync_run_id bigint not null references sync_run on delete cascade,
  ordinal integer not null,
  severity text not null check (severity in ('rejection', 'warning')),
  name text,
  version text,
  reason text not null
);
-- A fetch that is retried finds the same again.
create unique index sync_finding_once on sync_finding (sync_run_id, ordinal, severity, md5(reason));

-- A snapshot while it is staged: one row per chunk, and one per entry that is new or changed. Unlogged: a crash of the
-- database empties them, which the apply notices by the missing chunks.
create unlogged table snapshot_chunk (
  sync_run_id bigint not null,
  number integer not null,
  -- Where a paged fetch goes on after this chunk.
  cursor text,
  entries integer not null,
  staged integer not null,
  -- The ids of the live entries that the chunk holds, changed or not.
  seen bigint[] not null,
  primary key (sync_run_id, number)
);
-- Which servers the entries that a snapshot's source rejected were: what is served of them stays. No version: all of
-- the name's.
create unlogged table snapshot_rejection (
  sync_run_id bigint not null,
  name text collate "C" not null,
  version text collate "C"
);
create index snapshot_rejection_run on snapshot_rejection (sync_run_id);
create unlogged table snapshot_entry (
  sync_run_id bigint not null,
  name text collate "C" not null,
  version text collate "C" not null,
  version_order text collate "C",
  document text not null,
  digest bytea not null,
  title text,
  description text not null,
  tags text[] not null,
  search_text text collate "C" not null,
  status text not null,
  status_message text,
  status_changed_at timestamptz,
  published_at timestamptz,
  updated_at timestamptz
);
create index snapshot_entry_run on snapshot_entry (sync_run_id, name, version);

-- A write to a managed source: put here by the api, carried out once by the source's actor.
create table write_request (
  source_id bigint not null references source on delete cascade,
  -- The caller's idempotency key.
  request_id text not null,
  kind text not null check (kind in ('publish', 'replace', 'status', 'remove')),
  -- Digest of what was asked for: the same key with another request is refused.
  fingerprint bytea not null,
  name text not null,
  version text,
  document text,
  status text,
  status_message text,
  requested_by text,
  created_at timestamptz not null default now(),
  -- What came of it: {"entries": n} or {"failure": {"type", "message"}}; null: not carried out yet.
  outcome jsonb,
  completed_at timestamptz,
  primary key (source_id, request_id)
);
