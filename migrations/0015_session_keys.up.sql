-- Secrets that seal the cookies of the console where the configuration names no secret file. All api processes share
-- them. The newest seals; older ones open until they are deleted.
create table session_key (
  id bigint generated always as identity primary key,
  secret bytea not null check (octet_length(secret) >= 32),
  created_at timestamptz not null default now()
);
