/** The session's own commands, and functions that do more than compute. */
export const SESSION = `
session | none kind:set set:work_mem=64MB | SET work_mem = '64MB'
session | none local:work_mem=1 | SET LOCAL work_mem = 1
session | none set:search_path=a,~b | SET search_path TO a, b
session | none set:timezone=utc | SET TIME ZONE 'utc'
session | none set:timezone | SET TIME ZONE LOCAL
session | none set:statement_timeout=0 | SET SESSION statement_timeout = 0
session | none set:work_mem | SET work_mem TO DEFAULT
session | none kind:reset set:work_mem | RESET work_mem
session | none set:* | RESET ALL
session | none set:app.actor=x | SET app.actor = 'x'
session | none set:client_encoding=UTF8 | SET NAMES 'UTF8'
session | none set:client_encoding=utf-8 | SET client_encoding TO 'utf-8'
session | none set:client_encoding=Unicode | SET client_encoding = "Unicode"
session | none set:client_encoding=SJIS refused | SET client_encoding TO 'SJIS'
session | none set:client_encoding=GBK refused | SET NAMES 'GBK'
session | none local:client_encoding=sql_ascii refused | SET LOCAL client_encoding = SQL_ASCII
session | none set:client_encoding | RESET client_encoding
session | none set:standard_conforming_strings=off refused | SET standard_conforming_strings = off
session | none set:standard_conforming_strings=0 refused | SET standard_conforming_strings = 0
session | none set:standard_conforming_strings=false refused | SET "Standard_Conforming_Strings" TO FALSE
session | none set:standard_conforming_strings=on | SET standard_conforming_strings = on
session | none set:backslash_quote=on refused | SET backslash_quote = on
session | none set:escape_string_warning=off | SET escape_string_warning = off
session,privilege | none set:role=admin | SET ROLE admin
session,privilege | none set:role=none | SET ROLE NONE
session,privilege | none set:role | RESET ROLE
session,privilege | none set:session_authorization=bob | SET SESSION AUTHORIZATION bob
session,privilege | none set:session_authorization | SET SESSION AUTHORIZATION DEFAULT
session,privilege | none set:session_replication_role=replica | SET session_replication_role = replica
session,privilege | none set:row_security=off | SET row_security = off
session,admin | none set:session_preload_libraries=x | SET session_preload_libraries = 'x'
transaction | none local:transaction_isolation=serializable | SET TRANSACTION ISOLATION LEVEL SERIALIZABLE
session | none set:default_transaction_read_only=1 | SET SESSION CHARACTERISTICS AS TRANSACTION READ ONLY
session | none kind:show | SHOW ALL
session | none | SHOW server_version
session,read | none set:work_mem=64MB | SELECT set_config('work_mem', '64MB', false)
session,read | none local:request.jwt=x | SELECT set_config('request.jwt', 'x', true)
session,read | none set:standard_conforming_strings=off refused | SELECT set_config('standard_conforming_strings', 'off', false)
session,read | none set:standard_conforming_strings=off refused | SELECT pg_catalog.set_config('STANDARD_conforming_strings'::text, 'off', false)
session,read | none set:client_encoding refused | SELECT set_config('client_encoding', $1, false)
session,read,dynamic | none set:* | SELECT set_config('standard_' || 'conforming_strings', 'off', false)
session,read,dynamic | none set:* | SELECT set_config($1, 'off', false)
session,read,dynamic | none set:* | SELECT set_config(setting_name => 'standard_conforming_strings', new_value => 'off', is_local => false)
session,read,dynamic | none set:* | SELECT set_config('standard_conforming_stringsx'::varchar(27), 'off', false)
session,read | none set:client_encoding refused | SELECT set_config('client_encoding', 'UTF8'::char(3), false)
session,read,privilege | none set:role=admin | SELECT set_config('role', 'admin', false)
transaction | none tx:begin kind:begin | BEGIN
transaction | none tx:begin local:transaction_isolation=serializable local:transaction_read_only=1 | BEGIN ISOLATION LEVEL SERIALIZABLE, READ ONLY
transaction | none tx:begin kind:start | START TRANSACTION
transaction | none tx:commit | COMMIT
transaction | none tx:commit | END
transaction | none tx:commit | COMMIT AND CHAIN
transaction | none tx:rollback | ROLLBACK
transaction | none tx:rollback | ABORT
transaction | none tx:savepoint | SAVEPOINT a
transaction | none tx:release | RELEASE SAVEPOINT a
transaction | none tx:rollback_to | ROLLBACK TO a
transaction,admin | none tx:prepare | PREPARE TRANSACTION 'x'
transaction,admin | none tx:commit_prepared | COMMIT PREPARED 'x'
transaction,admin | none tx:rollback_prepared | ROLLBACK PREPARED 'x'
transaction | none | SET CONSTRAINTS ALL DEFERRED
session,read | r:public.customers(*) name:prepare=p kind:prepare | PREPARE p AS SELECT * FROM customers
session,delete | rw:public.customers(*) name:prepare=p | PREPARE p (int) AS DELETE FROM customers WHERE id = $1
session | none name:execute=p kind:execute | EXECUTE p
session,read | r:public.customers(email) name:execute=p | EXECUTE p ((SELECT email FROM customers LIMIT 1))
session,routine | none name:execute=p | EXECUTE p (add_tax(1))
read | none name:execute=p | EXPLAIN EXECUTE p
session | none name:execute=p | EXPLAIN ANALYZE EXECUTE p
session | none name:deallocate=p | DEALLOCATE p
session | none name:deallocate | DEALLOCATE ALL
read | r:public.customers(*) name:declare=c kind:declare_cursor | DECLARE c CURSOR FOR SELECT * FROM customers
read | r:public.customers(*) name:declare=c!hold | DECLARE c CURSOR WITH HOLD FOR SELECT * FROM customers
read | none name:fetch=c | FETCH 10 FROM c
read | none name:fetch=c kind:move | MOVE FORWARD ALL IN c
session | none name:close=c | CLOSE c
session | none name:close | CLOSE ALL
session | none name:discard=all set:* | DISCARD ALL
session | none name:discard=plans | DISCARD PLANS
session | none name:discard=temporary | DISCARD TEMP
session | none name:discard=sequences | DISCARD SEQUENCES
notify | none | LISTEN a
session | none | UNLISTEN *
notify | none | NOTIFY a, 'x'
read,notify | none | SELECT pg_notify('a', 'x')
lock | n:public.orders() kind:lock | LOCK TABLE orders IN ACCESS EXCLUSIVE MODE
lock | n:public.orders() | LOCK orders NOWAIT
read,lock | none | SELECT pg_advisory_lock(1)
read,lock | none | SELECT pg_try_advisory_xact_lock_shared(1, 2)
read,admin | none | SELECT pg_terminate_backend(1)
read,admin | none | SELECT pg_cancel_backend(pid) FROM (SELECT 1 AS pid) x
read,admin | none | SELECT pg_reload_conf()
read,admin | none | SELECT pg_stat_reset()
read,admin | none | SELECT pg_switch_wal()
read,server_io | none | SELECT pg_read_file('/etc/passwd')
read,server_io | none | SELECT pg_catalog.pg_read_binary_file('x', 0, 10)
read,server_io | none | SELECT * FROM pg_ls_dir('.')
read,export,server_io | none | SELECT lo_export(1, '/tmp/x')
read,create,server_io | none | SELECT lo_import('/etc/passwd')
read,export | none | SELECT lo_get(1)
read,export | none | SELECT loread(lo_open(1, 262144), 100)
read,create | none | SELECT lo_from_bytea(0, 'a')
read,update | none | SELECT lo_put(1, 0, 'a')
read,drop | none | SELECT lo_unlink(1)
read,dynamic | none | SELECT query_to_xml('DELETE FROM customers', true, true, '')
read,dynamic | none | SELECT database_to_xml(true, true, '')
read,dynamic | none | SELECT table_to_xml('customers', true, true, '')
read,dynamic | none | SELECT * FROM ts_stat('SELECT to_tsvector(email) FROM customers')
read,dynamic | none | SELECT ts_rewrite('a'::tsquery, 'SELECT a, b FROM t')
read,routine | none | SELECT pg_sleep(1)
read,routine | none | SELECT textin('a')
read,replication | none | SELECT pg_create_logical_replication_slot('x', 'pgoutput')
read,replication,export | none | SELECT * FROM pg_logical_slot_get_changes('x', NULL, NULL)
read,replication | none | SELECT pg_drop_replication_slot('x')
read,transaction | none | SELECT pg_export_snapshot()
read,session | none | SELECT setseed(0.5)
read,maintenance | none | SELECT gin_clean_pending_list('x')
read,routine | none unresolved | SELECT dblink('host=x', 'SELECT 1')
dynamic,routine | none kind:do | DO $$ BEGIN DELETE FROM customers; END $$
dynamic,routine | none | DO LANGUAGE plpgsql 'BEGIN NULL; END'
routine | none kind:call | CALL tidy()
routine,read | r:public.customers(id) | CALL tidy((SELECT max(id) FROM customers)::int)
read,routine | none | SELECT add_tax(1)
read,routine | none | SELECT public.add_tax(1)
read,routine | none | SELECT * FROM set_of_ids()
read,routine | none unresolved | SELECT nowhere.f(1)
read,routine | none unresolved | SELECT f_that_is_nowhere(1)
`;
