update entry set version_order = null where version_order < '0' or version like 'v%';
update snapshot_entry set version_order = null where version_order < '0' or version like 'v%';
alter table snapshot_entry drop column upstream_latest;
alter table entry drop column upstream_latest;
