-- Which version is the latest: the one that the upstream marks, if it marks exactly one; else the highest.
alter table entry add column upstream_latest boolean not null default false;
alter table snapshot_entry add column upstream_latest boolean not null default false;

-- Versions with a leading "v" or with numbers above 2^53 had no key, nor had those that aren't semantic. The keys are
-- those of registry/versions.ts.
create or replace function pg_temp.number_key(digits text, width integer) returns text language sql immutable as $$
  select lpad(to_hex(length(digits)), width, '0') || digits
$$;
create or replace function pg_temp.identifier_key(identifier text) returns text language sql immutable as $$
  select case when identifier ~ '^[0-9]+$' then '0' || pg_temp.number_key(identifier, 2) else '1' || identifier end || '!'
$$;
create or replace function pg_temp.semantic_key(parts text[]) returns text language sql immutable as $$
  select pg_temp.number_key(parts[1], 2) || pg_temp.number_key(parts[2], 2) || pg_temp.number_key(parts[3], 2)
    || case when parts[4] is null then '~' else '-' || (
      select string_agg(pg_temp.identifier_key(identifier), '' order by place)
      from unnest(string_to_array(parts[4], '.')) with ordinality as identifiers (identifier, place)
    ) end
$$;
create or replace function pg_temp.number_by_number(version text) returns text language sql immutable as $$
  select ' ' || string_agg(
    case when part[1] ~ '^[0-9]' then pg_temp.number_key(ltrim(part[1], '0'), 3) else part[1] end, '' order by place)
  from regexp_matches(regexp_replace(version, '^v(?=[0-9])', ''), '[0-9]+|[^0-9]+', 'g') with ordinality as parts (part, place)
$$;
create or replace function pg_temp.version_order(version text) returns text language sql immutable as $$
  select coalesce(
    case when length(version) <= 256 then pg_temp.semantic_key(regexp_match(version,
      '^v?(0|[1-9][0-9]*)\.(0|[1-9][0-9]*)\.(0|[1-9][0-9]*)'
      '(?:-((?:0|[1-9][0-9]*|[0-9]*[a-zA-Z-][0-9a-zA-Z-]*)(?:\.(?:0|[1-9][0-9]*|[0-9]*[a-zA-Z-][0-9a-zA-Z-]*))*))?'
      '(?:\+[0-9a-zA-Z-]+(?:\.[0-9a-zA-Z-]+)*)?$'
    )) end,
    pg_temp.number_by_number(version))
$$;
update entry set version_order = pg_temp.version_order(version) where version_order is null;
update snapshot_entry set version_order = pg_temp.version_order(version) where version_order is null;

with ranked as (
  select id, row_number() over (
    partition by source_id, name
    order by (status = 'deleted'), case when version_order >= '0' then version_order end desc nulls last,
      published_at desc, version_order desc nulls last, version desc
  ) = 1 as is_latest
  from entry
), corrected as (
  update entry set is_latest = ranked.is_latest from ranked
  where entry.id = ranked.id and entry.is_latest <> ranked.is_latest returning entry.source_id
), raised as (
  update registry set revision = revision + 1, updated_at = now()
  where id in (select registry_id from registry_source where source_id in (select source_id from corrected))
  returning id, revision
)
select pg_notify('registry_revision', id || ':' || revision) from raised;
