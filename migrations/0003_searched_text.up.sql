-- The texts that searches look through, each once, however many versions and sources have it. An index over the entries
-- themselves would hold most texts twice, and cost a first sync more than everything else.
create table searched_text (
  name text collate "C" not null,
  -- SHA-256 of the text, which may be too long for an index.
  digest bytea not null,
  -- As in entry.search_text.
  text text collate "C" not null,
  primary key (name, digest)
);
insert into searched_text (name, digest, text)
select distinct name, sha256(convert_to(search_text, 'UTF8')), search_text from entry;
create index searched_text_trigrams on searched_text using gin (text gin_trgm_ops);
drop index entry_search;

-- No plan depends on what these hold, and their statistics would be most of the work.
alter table entry
  alter column document set statistics 0,
  alter column digest set statistics 0,
  alter column title set statistics 0,
  alter column description set statistics 0,
  alter column tags set statistics 0,
  alter column search_text set statistics 0;
alter table searched_text alter column digest set statistics 0;
-- How many texts have a term is estimated from a sample of them. By a small one, a term that some per cent of all texts
-- have is easily taken for one that hardly any has, or the other way round, and found a hundred times as slowly.
alter table searched_text alter column text set statistics 500;

-- For the application, which owns no table, to call after it has written much: else plans are made from the statistics
-- of an empty table, and searches read the new part of the index from front to end, until autovacuum has come by.
create function refresh_statistics() returns void
language plpgsql security definer set search_path from current
as $$
begin
  analyze entry;
  analyze server_owner;
  analyze searched_text;
  perform gin_clean_pending_list('searched_text_trigrams');
end
$$;
