alter table entry drop column facets;
drop function entry_facets(text);
