drop function refresh_statistics();
create index entry_search on entry using gin (search_text gin_trgm_ops);
drop table searched_text;
