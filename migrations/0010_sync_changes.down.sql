drop table sync_change;
