-- Not valid: sources of a kind that only the newer version has stay until they are deleted.
alter table source add constraint source_kind_check
  check (kind in ('api', 'git', 'file', 'managed', 'kubernetes')) not valid;
