-- The kinds that exist are a matter of the program: a new one needs no migration.
alter table source drop constraint source_kind_check;
