-- The bytes of files, each once, by their SHA-256.
create table content (
  digest bytea primary key check (octet_length(digest) = 32),
  bytes bytea not null,
  -- When it was last needed by a sync: recent content is kept although no entry has it yet.
  stored_at timestamptz not null default now()
);

-- The files of skills.
create table entry_file (
  entry_id bigint not null references entry on delete cascade,
  -- Relative to the folder of the skill. Empty: the archive of all its files.
  path text collate "C" not null,
  digest bytea not null references content,
  size integer not null,
  executable boolean not null,
  primary key (entry_id, path)
);
create index entry_file_digest on entry_file (digest);

-- The files of entries in `snapshot_entry`, until the snapshot is applied.
create unlogged table snapshot_file (
  sync_run_id bigint not null,
  name text collate "C" not null,
  version text collate "C" not null,
  path text collate "C" not null,
  digest bytea not null,
  size integer not null,
  executable boolean not null,
  primary key (sync_run_id, name, version, path)
);
