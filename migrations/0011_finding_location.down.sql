alter table sync_finding drop column location;
