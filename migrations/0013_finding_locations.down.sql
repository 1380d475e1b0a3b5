alter table sync_run drop column finding_locations;
