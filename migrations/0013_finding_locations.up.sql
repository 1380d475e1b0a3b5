-- Where the source has the entries that a sync rejected or warned about, by their ordinals: {"12": "line 3, column 5"}. Not
-- with the findings, which several syncs share: a change further up moves every entry below it.
alter table sync_run add column finding_locations jsonb;
