-- What was erased stays erased; the next syncs read their documents again.
select 1;
