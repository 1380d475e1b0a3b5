delete from write_request where kind = 'claims';
alter table write_request drop constraint write_request_kind_check;
alter table write_request add constraint write_request_kind_check
  check (kind in ('publish', 'replace', 'status', 'remove'));
alter table write_request drop column claims;

alter table snapshot_entry drop column claim_set_id;
alter table server_owner drop column claim_set_id;
drop table server_claims;
alter table registry drop column access, drop column claims, drop column is_implicit;
alter table source drop column claim_set_id, drop column lends_claims;
drop table claim_set;
