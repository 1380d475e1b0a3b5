drop table session_key;
