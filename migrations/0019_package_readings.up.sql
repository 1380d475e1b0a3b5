-- What was read of the packages that skills and plugins name: their files, and who signed them.
create table package_reading (
  entry_id bigint primary key references entry on delete cascade,
  -- SHA-256 of the packages and the signer that the document named.
  named bytea not null check (octet_length(named) = 32),
  -- The package whose files the entry has, with its digest or commit. Null: the files come from a sync, or there are none.
  package text collate "C",
  -- Why the files can't be stored.
  fault text,
  -- The result of verifying the signature. Null: the document names no signer.
  verification jsonb,
  -- Readings in a row that failed for a reason that may pass.
  failures integer not null default 0,
  read_at timestamptz not null,
  -- When the entry is read again, although it hasn't changed. Infinity: never.
  due_at timestamptz not null
);
create index package_reading_package on package_reading (package) where package is not null;

-- The entries to look through for packages. Servers aren't in it, so that a sync of servers doesn't pay for it.
create index entry_with_packages on entry (source_id, id) where kind <> 'server' and status <> 'deleted';
