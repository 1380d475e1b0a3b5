alter table source drop constraint source_kind_check;
alter table source add constraint source_kind_check check (kind in ('api', 'git', 'file', 'managed', 'kubernetes'));

-- How the servers that Kubernetes sources found are doing. Apart from the entries, which do not change when a server
-- restarts.
create table deployment (
  source_id bigint not null references source on delete cascade,
  -- The name of the custom resource's definition: mcpservers.toolhive.stacklok.dev.
  resource text collate "C" not null,
  kind text not null,
  namespace text collate "C" not null,
  name text collate "C" not null,
  server_name text collate "C" not null,
  phase text,
  ready boolean not null,
  url text,
  image text,
  transport text not null,
  primary key (source_id, resource, namespace, name)
);
