-- Entries that were read from the configuration file of an MCP client, which isn't a registry, hold what that file held:
-- commands, variables and headers with their secrets. They become tombstones without it. Their documents say what ToolHive
-- entry they were made from, and have neither a package nor a remote.
create temporary table client_configuration on commit drop as
  select id, source_id, name from entry
  where document like '%"dev.rollcall":{"toolhive":%'
  and case when document like '%"dev.rollcall":{"toolhive":%' then
    document::json -> 'packages' is null and document::json -> 'remotes' is null end;

update entry set
  document = json_build_object('name', name, 'description', description, 'version', version)::text, digest = '',
  status = 'deleted', status_message = 'no longer in its source', status_changed_at = now(), updated_at = now(),
  changed_at = now(), vanished_at = coalesce(vanished_at, now()), is_latest = false
where id in (select id from client_configuration);

with ranked as (
  select id, row_number() over (
    partition by source_id, name
    order by (status = 'deleted'), case when version_order >= '0' then version_order end desc nulls last,
      published_at desc, version_order desc nulls last, version desc
  ) = 1 as is_latest
  from entry where (source_id, name) in (select source_id, name from client_configuration)
)
update entry set is_latest = ranked.is_latest from ranked where entry.id = ranked.id;

update server_owner set changed_at = now()
where (source_id, name) in (select source_id, name from client_configuration);

-- What such a file holds beside its servers was in exports. The next sync of the source keeps what belongs there.
create temporary table foreign_envelope on commit drop as
  select id from source where envelope is not null and exists (
    select from json_object_keys(envelope::json) as member where member not in
      ('$schema', 'version', 'last_updated', 'meta', 'metadata', 'servers', 'remote_servers', 'groups')
  );
update source set envelope = null where id in (select id from foreign_envelope);

with raised as (
  update registry set revision = revision + 1, updated_at = now()
  where id in (
    select registry_id from registry_source where source_id in
      (select source_id from client_configuration union select id from foreign_envelope)
  )
  returning id, revision
)
select pg_notify('registry_revision', id || ':' || revision) from raised;
