drop trigger renew_revision_token on registry;
drop function renew_revision_token;
alter table registry drop column revision_token;
alter table sync_run drop column definition_digest, drop column fetched;
alter table source drop column paused, drop column force_requested_at, drop column erase_requested_at;
