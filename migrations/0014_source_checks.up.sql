-- When a check last found that the upstream has nothing new. It changes with every check, so it isn't part of `source`.
create table source_check (
  source_id bigint primary key references source on delete cascade,
  nothing_new_at timestamptz not null
) with (fillfactor = 50);

-- Until their next checks, sources count as checked at the time of the migration. Otherwise all of them would be overdue.
insert into source_check (source_id, nothing_new_at)
select id, now() from source where (
  select outcome from sync_run where source_id = source.id and outcome <> 'cancelled' order by number desc limit 1
) in ('changed', 'unchanged');

-- The earliest time at which the upstream allows the next attempt, if it refused this one because of its rate limit.
alter table sync_run add column retry_after timestamptz;
