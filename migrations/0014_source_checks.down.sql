alter table sync_run drop column retry_after;
drop table source_check;
