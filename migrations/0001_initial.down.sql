drop table write_request, snapshot_entry, snapshot_rejection, snapshot_chunk, sync_finding, sync_run, server_owner, entry, registry_source, registry, source;
drop function erase_rows_of_source, erase_rows_of_registry;
