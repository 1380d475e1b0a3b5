drop index write_request_name;
alter table write_request drop column caller;
