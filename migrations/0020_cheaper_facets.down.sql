create or replace function entry_facets(document text) returns text[]
language plpgsql immutable parallel safe set search_path from current
as $$
declare
  parsed jsonb;
  packages jsonb;
  remotes jsonb;
begin
  -- Not among the declarations, whose errors the handler below doesn't catch.
  parsed := document::jsonb;
  packages := case jsonb_typeof(parsed -> 'packages') when 'array' then parsed -> 'packages' else '[]' end;
  remotes := case jsonb_typeof(parsed -> 'remotes') when 'array' then parsed -> 'remotes' else '[]' end;
  -- The members have the names of all generations of server.json (registry/generations.ts).
  return array(
    select 'local' where jsonb_array_length(packages) > 0
    union select 'remote' where jsonb_array_length(remotes) > 0
    union select 'package:' || left(kind, 64)
    from jsonb_array_elements(packages) as package,
      coalesce(package ->> 'registryType', package ->> 'registry_type', package ->> 'registry_name') as kind
    where kind is not null
    union select 'transport:' || left(coalesce(package -> 'transport' ->> 'type', 'stdio'), 64)
    from jsonb_array_elements(packages) as package
    union select 'transport:' || left(transport, 64)
    from jsonb_array_elements(remotes) as remote, coalesce(remote ->> 'type', remote ->> 'transport_type') as transport
    where transport is not null
  );
exception when others then
  return '{}';
end
$$;
