-- Who asked for which change, and who was refused. The application adds events and reads them. One that has its outcome
-- it can neither change nor, before a day has passed, delete: see the functions below.
create table audit_event (
  -- Made by whoever records it, so that an event that is sent twice is kept once.
  id uuid primary key,
  at timestamptz not null,
  action text collate "C" not null,
  -- Null: the change is being carried out, or its process ended before there was an answer.
  outcome text collate "C" check (outcome in ('success', 'denied', 'failure', 'error')),
  -- everybody: authentication is off. public: no valid token. system: nobody asked, such as for what the configuration
  -- file says at a start.
  actor text collate "C" not null check (actor in ('token', 'public', 'everybody', 'system')),
  -- The claims sub and iss of the token, and what people call its holder.
  subject text collate "C",
  issuer text collate "C",
  display_name text,
  target_kind text collate "C" not null check (target_kind in ('entry', 'source', 'registry', 'request')),
  -- Of a request: its method and path. Null: the request was too broken to say.
  target_name text collate "C",
  target_version text collate "C",
  target_registry text collate "C",
  request_id text collate "C",
  source_address text collate "C",
  user_agent text,
  -- How many refusals of the same kind the event stands for.
  count integer not null default 1,
  detail jsonb not null default '{}'
);
-- Lists are read newest first, page by page.
create index audit_event_at on audit_event (at, id);
create index audit_event_subject on audit_event (subject, at, id) where subject is not null;
create index audit_event_action on audit_event (action, at, id);
create index audit_event_target on audit_event (target_name, at, id) where target_name is not null;
create index audit_event_outcome on audit_event (outcome, at, id);

-- Completes an event that was begun; one that has its outcome stays as it is.
create function complete_audit_event(
  event_id uuid, event_action text, event_outcome text,
  event_name text, event_version text, event_registry text, event_detail jsonb
) returns void
language sql security definer set search_path from current
as $$
  update audit_event
  set action = event_action, outcome = event_outcome, target_name = event_name, target_version = event_version,
    target_registry = event_registry, detail = event_detail
  where id = event_id and outcome is null
$$;
revoke execute on function complete_audit_event from public;

-- Takes back an event that was begun: it is one of so many refusals that they are counted.
create function discard_audit_event(event_id uuid) returns void
language sql security definer set search_path from current
as $$
  delete from audit_event where id = event_id and outcome is null
$$;
revoke execute on function discard_audit_event from public;

-- Deletes what was kept longer than this, and never what is younger than a day, whoever asks for it.
create function purge_audit_events(kept_for interval) returns bigint
language sql security definer set search_path from current
as $$
  with purged as (
    delete from audit_event where at < now() - greatest(kept_for, interval '1 day') returning 1
  )
  select count(*) from purged
$$;
revoke execute on function purge_audit_events from public;
