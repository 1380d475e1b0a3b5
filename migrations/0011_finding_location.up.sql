-- Where the source has the entry that a finding is about: line and column, page and place, or object.
alter table sync_finding add column location text;
