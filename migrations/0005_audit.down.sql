drop function purge_audit_events;
drop function discard_audit_event;
drop function complete_audit_event;
drop table audit_event;
