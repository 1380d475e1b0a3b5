-- What a reader must hold, each content once and never changed. Rows of other tables name it by its id, so that which
-- entries somebody may see is decided by comparing numbers.
create table claim_set (
  id bigint generated always as identity primary key,
  -- SHA-256 of the claims, whatever the order of their names.
  digest bytea not null unique,
  claims jsonb not null
);

-- Null: none.
alter table source add column claim_set_id bigint references claim_set;
-- Whether an entry without claims of its own has those of its source. What runs in a cluster is shown to those whom its
-- owner names on the object itself, and to nobody else.
alter table source add column lends_claims boolean not null
  generated always as (definition #> '{origin,content,servers}' is null) stored;

alter table registry
  -- public: read without a token.
  add column access text not null default 'protected' check (access in ('protected', 'public')),
  add column claims jsonb,
  -- The default registry of all sources, which nobody has defined.
  add column is_implicit boolean not null default false;

-- Claims of a name's own: given when it was published, or by its annotation in a cluster. They go before its source's.
create table server_claims (
  source_id bigint not null references source on delete cascade,
  name text collate "C" not null,
  claim_set_id bigint not null references claim_set,
  primary key (source_id, name)
);

-- The claims that a name has in the end: its own, or its source's. No foreign key: whoever drops claim sets looks here
-- first, and a first sync would pay for one with every name.
alter table server_owner add column claim_set_id bigint;
create index server_owner_claims on server_owner (registry_id, claim_set_id, name) where claim_set_id is not null;

alter table snapshot_entry add column claim_set_id bigint;

alter table write_request add column claims jsonb;
alter table write_request drop constraint write_request_kind_check;
alter table write_request add constraint write_request_kind_check
  check (kind in ('publish', 'replace', 'status', 'remove', 'claims'));
