-- Earlier versions keep only files that a sync has stored, and verify signatures during a sync.
delete from entry_file using package_reading as reading where reading.entry_id = entry_file.entry_id and reading.package is not null;
update source set fetch_state = null where kind not in ('kubernetes', 'managed');
drop index entry_with_packages;
drop table package_reading;
