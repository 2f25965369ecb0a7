use mysql
select database();
\u information_schema
show databases;
show tables;
show full tables from mysql;
show table status like 'user';
show create table mysql.user;
describe mysql.user;
show full columns from mysql.user;
show index from mysql.user;
show variables like 'version%';
show global variables like 'max_allowed_packet';
show global status like 'uptime';
show session status like 'ssl%';
show processlist;
show full processlist;
show engines;
show plugins;
show character set;
show collation like 'utf8mb4%';
show grants;
show warnings;
show errors;
show count(*) warnings;
show privileges;
show storage engines;
show open tables;
show triggers from mysql;
show events from mysql;
show function status;
show procedure status;
status
select @@version_comment limit 1;
select user(), current_user(), connection_id(), version(), now(), @@hostname, @@sql_mode;
explain select * from mysql.user;
explain format=json select * from mysql.user where user = 'x';
help contents
warnings
nowarning
prompt shop> 
\s
begin;
savepoint a;
rollback to savepoint a;
release savepoint a;
commit;
start transaction read only;
rollback;
set names utf8mb4;
set session sql_mode = 'ANSI';
set @x = 1, @y := 2;
select @x, @y;
set autocommit = 0;
set autocommit = 1;
set session transaction isolation level read committed;
checksum table mysql.user;
delimiter //
select 1 // 
delimiter ;
do sleep(0);
exit
