-- What used to be known to Temporal alone.
alter table source
  -- Set by an operator: only a message starts a sync.
  add column paused boolean not null default false,
  -- When an operator asked for a sync that may remove more entries than the removal guard allows. The next sync that
  -- starts within the hour uses the request up.
  add column force_requested_at timestamptz,
  -- When an operator deleted the source: its entries are erased with it, even those that were published to it.
  add column erase_requested_at timestamptz;

alter table sync_run
  -- Of the part of the definition that decides which entries a fetch finds. An apply compares it with the source's.
  add column definition_digest text,
  -- What the fetch found out, for the apply. Null before the fetch has ended, and after the sync has.
  add column fetched jsonb;

-- Identifies one state of a registry. A revision can repeat itself after a restore, a random token cannot: it changes
-- with every change of the row.
alter table registry add column revision_token uuid not null default gen_random_uuid();

create function renew_revision_token() returns trigger
language plpgsql set search_path from current
as $$
begin
  new.revision_token := gen_random_uuid();
  return new;
end
$$;
create trigger renew_revision_token before update on registry
  for each row execute function renew_revision_token();
