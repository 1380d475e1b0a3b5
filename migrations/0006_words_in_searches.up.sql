-- What stands between words is a letter in the texts of searches, so that trigrams know it (search-text.ts says how).
drop index searched_text_trigrams;
update searched_text set
  text = translate(text, './-_ ', 'QZJKX'),
  digest = sha256(convert_to(translate(text, './-_ ', 'QZJKX'), 'UTF8'));
update entry set search_text = translate(search_text, './-_ ', 'QZJKX');
update snapshot_entry set search_text = translate(search_text, './-_ ', 'QZJKX');
create index searched_text_trigrams on searched_text using gin (text gin_trgm_ops);
