drop index searched_text_trigrams;
update searched_text set
  text = translate(text, 'QZJKX', './-_ '),
  digest = sha256(convert_to(translate(text, 'QZJKX', './-_ '), 'UTF8'));
update entry set search_text = translate(search_text, 'QZJKX', './-_ ');
update snapshot_entry set search_text = translate(search_text, 'QZJKX', './-_ ');
create index searched_text_trigrams on searched_text using gin (text gin_trgm_ops);
