/** The database of the drivers' tests, and the policy they meet. */

export const SCHEMA = `
  create table items (id int primary key, label text not null, price numeric check (price >= 0));
  create table bulk (id int, label text);
  create table held (id int, label text);
  create table hasty (id int);
  create table forbidden (id int);
  create table vault as select g as id from generate_series(1, 2000) g;
  create table bench (id int primary key, n int not null);
  insert into bench select g, 0 from generate_series(1, 100) g;
  create table bench_log (id int);`;

/** Strict where drivers must not be disturbed: whatever no rule covers is held, and so found among the requests. */
export const POLICY = `version: 1
default: hold
holds: { within: 30s }
rules:
  - { name: harmless, effects: [read, transaction, session, insert, update, delete, lock, notify, import, export], then: allow }
  - { name: held, effects: [insert, import], tables: [held], then: hold, approvers: [dba], within: 60s }
  - { name: hasty, effects: [insert], tables: [hasty], then: hold, approvers: [dba], within: 300ms }
  - { name: vault, effects: [read, export], tables: [vault], then: hold, approvers: [dba], within: 60s }
  - { name: forbidden, effects: [insert], tables: [forbidden], then: deny }
`;

/** The same for agents that see a column of `items` as a mask only: what they do with the rest of it goes on as before. */
export const MASKING_POLICY = POLICY.replace('rules:', 'sensitive:\n  - { columns: [items.price], mask: redact }\nrules:');
