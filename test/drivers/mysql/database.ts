/** The database of the MySQL drivers' tests, and the policy they meet. */

/** For both flavours; `numbers` has 1 to 2000. */
export const SCHEMA = `
  create table items (id int primary key, label varchar(80) not null, price decimal(10,2) check (price >= 0));
  create table typed (id int primary key, nothing text null, tiny tinyint, whole int, big bigint, ubig bigint unsigned, exact_ decimal(30,9), approx double, txt text, blank varchar(10),
    bytes longblob, at datetime(3), day date, clock time(3), doc json, bits bit(8));
  create table altered (id int primary key, label varchar(80) not null, secret varchar(80));
  insert into altered values (1, 'first', 'nobody sees this');
  create table held (id int, label varchar(80));
  create table hasty (id int);
  create table forbidden (id int);
  create table digits (d int primary key);
  insert into digits values (0), (1), (2), (3), (4), (5), (6), (7), (8), (9);
  create table numbers (id int primary key);
  insert into numbers select a.d * 1000 + b.d * 100 + c.d * 10 + e.d + 1 from digits a, digits b, digits c, digits e where a.d < 2;
  create table vault as select id from numbers;
  create table bench (id int primary key, n int not null);
  insert into bench select id, 0 from numbers where id <= 100;
`;

/** Over the server's default of 16 MiB, so that rows and parameters may be larger than one packet. */
export const SETTINGS = { max_allowed_packet: '64M', local_infile: true, default_time_zone: '+00:00' } as const;

/** Strict where drivers must not be disturbed: whatever no rule covers is held, and so found among the requests. */
export const POLICY = `version: 1
default: hold
holds: { within: 30s }
rules:
  - { name: harmless, effects: [read, transaction, session, insert, update, delete, lock, import, export], then: allow }
  - { name: altered, effects: [alter], tables: [altered], then: allow }
  - { name: held, effects: [insert, import], tables: [held], then: hold, approvers: [dba], within: 60s }
  - { name: hasty, effects: [insert], tables: [hasty], then: hold, approvers: [dba], within: 300ms }
  - { name: vault, effects: [read, export], tables: [vault], then: hold, approvers: [dba], within: 60s }
  - { name: forbidden, effects: [insert], tables: [forbidden], then: deny }
`;

/** The same for agents that see columns of `items` and `altered` as masks only: what they do with the rest of them goes on as before. */
export const MASKING_POLICY = POLICY.replace('rules:', 'sensitive:\n  - { columns: [items.price, altered.secret], mask: redact }\nrules:');
