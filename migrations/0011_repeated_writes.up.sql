-- A write that is sent again without its key is found by its sender, and answered as the first one.
alter table write_request add column caller text;
create index write_request_name on write_request (source_id, name, created_at);
