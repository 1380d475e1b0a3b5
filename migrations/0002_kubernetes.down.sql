drop table deployment;

delete from source where kind = 'kubernetes';
alter table source drop constraint source_kind_check;
alter table source add constraint source_kind_check check (kind in ('api', 'git', 'file', 'managed'));
