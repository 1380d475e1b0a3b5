drop function refresh_statistics();
create index entry_search on entry using gin (search_text gin_trgm_ops);
drop table searched_text;
alter table entry
  alter column document set statistics default,
  alter column digest set statistics default,
  alter column title set statistics default,
  alter column description set statistics default,
  alter column tags set statistics default,
  alter column search_text set statistics default;
