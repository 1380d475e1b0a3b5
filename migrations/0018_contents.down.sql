drop table snapshot_file;
drop table entry_file;
drop table content;
