/** `mode: observe`: nothing waits and nothing is denied by rules, everything is on record, and masks stay. */

import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { Writable } from 'node:stream';
import { pino } from 'pino';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Replayed } from '../../src/learning/replay.ts';
import { run as command } from '../cli/terminal-double.ts';
import { TEST_POLICY } from '../support/proxy.ts';
import { DIALECTS, requestOf, type StoryAgent, type StoryWorld } from './dialects.ts';
import { eventually } from './world.ts';

const SCHEMA = `create table orders (id int primary key, status varchar(20)); insert into orders values (1, 'new'), (2, 'new'), (3, 'new');
create table gone (id int); create table rest (id int primary key);
create table customers (id int primary key, email varchar(80), age int); insert into customers values (1, 'ann@example.com', 30), (2, 'bob@example.org', 20)`;

const RULES = `  - { name: few, effects: [read], tables: [orders], rows_over: 2, then: hold, approvers: [dba] }
  - { name: session, effects: [read], tables: [orders], rows_over: { session: 5 }, then: deny }
  - { name: kept, tables: [customers], then: deny }
`;
/** Only for \`writer\` nothing is masked. */
const MASKS = `sensitive:
  - { columns: [customers.email], mask: email, unmask: [apps] }
`;
const POLICY = `${TEST_POLICY.replace('version: 1\n', `version: 1\nmode: observe\n${MASKS}`)}${RULES}`;

describe.each(DIALECTS)('$name', (dialect) => {
  let world: StoryWorld;
  let log = '';
  beforeAll(async () => {
    const lines = new Writable({ write: (chunk, _, done) => {
      log += String(chunk);
      done();
    } });
    world = await dialect.start({ schema: SCHEMA, policy: POLICY, log: pino(lines) });
  }, 120_000);
  afterAll(() => world?.stop());

  const statements = async (text: string): Promise<unknown[]> => (await world.proxy.journal()).flatMap(({ event }) => (event.kind === 'statement' && event.text.includes(text) ? [event] : []));
  /** Runs it with an agent, who sees masks unless it is `writer`. */
  const run = async (text: string, user = 'writer') => {
    const agent = await world.agent({ user });
    const ended = await agent.run(text);
    agent.destroy();
    return ended;
  };
  /** Sends what is held in spite of it; answers with rule and reason. */
  const held = (agent: StoryAgent, text: string) => requestOf(world, agent, text);

  it('what would be held or denied runs, and the record says so', async () => {
    expect((await run('update orders set status = \'x\'')).error).toBeUndefined();
    expect(await world.sql('select distinct status as s from orders')).toEqual([{ s: 'x' }]);
    expect((await run('drop table gone')).error).toBeUndefined();
    expect(await statements('update orders')).toMatchObject([{ verdict: 'hold', rule: 'unbounded', fate: 'run', observed: true }]);
    expect(await statements('drop table')).toMatchObject([{ verdict: 'deny', rule: 'no-drop', fate: 'run', observed: true }]);
    await run('select 17');
    expect(await statements('select 17')).toEqual([expect.not.objectContaining({ observed: true })]);
  });

  it('and so in the journal\'s proof, sessions, metrics and log', async () => {
    const config = ['--config', join(world.proxy.dir, 'countersign.yaml')];
    await run('delete from rest');
    expect((await command(['audit', 'verify', ...config])).out).toMatch(/^good: /);
    expect((await command(['sessions', 'list', ...config])).out).toContain('1 statements, 0 held, 0 refused, 1 only observed');
    const [record] = (await world.proxy.journal()).flatMap(({ event }) => (event.kind === 'statement' && event.text === 'delete from rest' ? [event] : []));
    expect((await command(['sessions', 'show', record?.session ?? '', ...config])).out).toContain('hold by unbounded, only observed, run: ');
    const metrics = await (await fetch(`${world.proxy.api}/metrics`)).text();
    expect(metrics).toContain('countersign_policy_observes 1\n');
    expect(metrics).toMatch(/countersign_statements_total\{verdict="hold",fate="observed"\} [1-9]/);
    expect(log).toContain('mode: observe: nothing is held or denied');
    expect((await world.proxy.journal()).map(({ event }) => event)).toContainEqual(expect.objectContaining({ kind: 'policy.loaded', mode: 'observe' }));
  });

  it('rows that are over a budget pass, and are on record', async () => {
    const agent = await world.agent({ user: 'writer' });
    for (let time = 0; time < 2; time++) expect((await agent.run('select id from orders order by id')).rows).toHaveLength(3);
    agent.destroy();
    await eventually(async () => (await overruns()).length >= 3, 'three records');
    expect(await overruns()).toEqual([
      expect.objectContaining({ rule: 'few', action: 'hold', per: 'statement', rows: 2 }), expect.objectContaining({ rule: 'few' }), expect.objectContaining({ rule: 'session', action: 'deny', per: 'session', rows: 5 }),
    ]);
  });
  const overruns = async (): Promise<unknown[]> => (await world.proxy.journal()).flatMap(({ event }) => (event.kind === 'overrun' ? [event] : []));

  it('masks stay, also where it would have been denied', async () => {
    expect((await run('select email from customers order by id', 'reporter')).rows).toEqual([['***@example.com'], ['***@example.org']]);
    expect((await run('select email from customers order by id')).rows).toEqual([['ann@example.com'], ['bob@example.org']]);
    expect(await statements('select email from customers order by id')).toMatchObject([{ verdict: 'deny', rule: 'kept', observed: true }, { verdict: 'deny', rule: 'kept', observed: true }]);
  });

  it('what would be silently wrong over masks still waits, or is denied', async () => {
    const agent = await world.agent();
    const request = await held(agent, 'select id from customers order by email');
    expect(request).toMatchObject({ rule: 'sensitive', reason: expect.stringContaining('customers.email') as string });
  });

  it('attack: what masks don\'t follow still waits for who sees masks, and for nobody else', async () => {
    const text = 'create table copied (id int)';
    expect(await held(await world.agent(), text)).toMatchObject({ rule: 'risky' });
    expect((await run(text)).error).toBeUndefined();
    if (dialect.name !== 'PostgreSQL') return;
    expect((await run('select query_to_xml(\'select email from customers\', true, true, \'\')', 'reporter')).error?.message).toContain('denied by rule kept');
    expect(await statements('query_to_xml')).toEqual([expect.objectContaining({ verdict: 'deny', fate: 'refused' })]);
  });

  it('attack: no value that is masked comes out by what a rule would have stopped', async () => {
    const agent = await world.agent();
    await agent.run(dialect.defer);
    for (const text of [...LAUNDERING, ...(dialect.name === 'PostgreSQL' ? POSTGRES_LAUNDERING : MYSQL_LAUNDERING), ...RENAMING]) {
      const answer = await agent.run(text);
      expect([text, JSON.stringify(answer)]).toEqual([text, expect.not.stringMatching(/ann@|bob@|616e6e40/)]);
    }
    agent.destroy();
  });

  it('what no policy may let pass, and what isn\'t SQL, ends as ever', async () => {
    expect((await run('selekt 1')).error?.message).toMatch(/syntax/i);
    if (dialect.name === 'PostgreSQL') expect((await run('set standard_conforming_strings = off')).error?.message).toContain('refused');
  });

  it('judged anew from the journal, the same rules say the same, enforced or not', async () => {
    const file = join(world.proxy.dir, 'other.yaml');
    for (const policy of [POLICY, POLICY.replace('mode: observe\n', '')]) {
      writeFileSync(file, policy);
      const { out } = await command(['policy', 'replay', '--since', '2020-01-01T00:00:00Z', '--policy', file, '--dir', join(world.proxy.dir, 'journal'), '--json']);
      const { changes, judged } = JSON.parse(out) as Replayed;
      expect(judged).toBeGreaterThan(20);
      // What really waited for how it uses masked columns is on record as that, and not as what the rules said besides.
      expect(changes.filter(({ old }) => old.rule !== 'sensitive')).toEqual([]);
    }
  });

  it('enforced again, what is over a budget waits in sessions that began before, too', async () => {
    const agent = await world.agent({ user: 'writer' });
    expect((await agent.run('select id from orders order by id')).rows).toHaveLength(3);
    writeFileSync(join(world.proxy.dir, 'policy.yaml'), POLICY.replace('mode: observe\n', ''));
    expect(await world.proxy.proxy.reloadPolicy()).toBe(true);
    expect((await agent.run('drop table orders')).error?.code).toBe(dialect.denied);
    expect((await held(agent, 'select id from orders order by id -- again'))).toMatchObject({ rule: 'few' });
    expect(await (await fetch(`${world.proxy.api}/metrics`)).text()).toContain('countersign_policy_observes 0\n');
    log = '';
    writeFileSync(join(world.proxy.dir, 'policy.yaml'), POLICY);
    expect(await world.proxy.proxy.reloadPolicy()).toBe(true);
    expect(log).toContain('mode: observe');
  });
});

/** Each would be held or denied by the rules; what runs of it must run over masks. */
const LAUNDERING: readonly string[] = [
  'create table stolen as select email from customers', 'select * from stolen', 'insert into rest select length(email) from customers', 'select * from rest',
  'create view seen as select email as e from customers', 'select e from seen', 'alter table customers add column copy varchar(80) generated always as (email) stored', 'select copy from customers',
  'create unique index told on customers (email)', 'select email from customers',
];

const RENAMING = ['alter table customers rename to renamed', 'select email from renamed'];

const POSTGRES_LAUNDERING: readonly string[] = [
  'create function leak() returns setof text language sql as $$ select email from customers $$', 'select leak()', 'do $$ declare e text; begin select email into e from customers limit 1; raise exception \'%\', e; end $$',
  'copy customers to stdout', 'copy (select email from customers) to stdout', 'copy customers to \'/tmp/stolen\'', 'copy rest from program \'cat /etc/passwd\'', 'select pg_read_file(\'/tmp/stolen\')',
  'create function tell() returns trigger language plpgsql as $$ begin insert into orders values (new.id + 100, new.email); return new; end $$', 'create trigger tells after update on customers for each row execute function tell()',
  'update customers set age = 31', 'select status from orders', 'alter table customers alter column age type text using email', 'select age from customers', 'grant select on customers to public', 'create materialized view kept as select email from customers',
  'select * from kept', 'explain analyze select email from customers where email = \'ann\'', 'vacuum analyze customers', 'select most_common_vals::text, histogram_bounds::text from pg_stats where tablename = \'customers\'', 'prepare p as select email from customers', 'execute p',
  'comment on table customers is \'x\'', 'create rule r as on update to customers do also insert into orders values (old.id + 200, old.email)', 'declare c cursor with hold for select email from customers', 'fetch all from c',
];

const MYSQL_LAUNDERING: readonly string[] = [
  'create function leak() returns varchar(80) deterministic reads sql data return (select max(email) from customers)', 'select leak()', 'create procedure leaks() select email from customers', 'call leaks()',
  'select email from customers into outfile \'/tmp/stolen\'', 'select load_file(\'/tmp/stolen\')', 'create trigger tells after update on customers for each row insert into orders values (new.id + 100, new.email, 1)', 'update customers set age = 31', 'select status from orders',
  'prepare p from \'select email from customers\'', 'execute p', 'set @s = \'select email from customers\'', 'prepare q from @s', 'execute q', 'handler customers open', 'handler customers read first', 'create table same like customers', 'alter table customers change email mail varchar(80)',
  'select mail from customers', 'analyze table customers', 'show warnings', 'select email into @e from customers limit 1', 'select @e', 'do (select email from customers limit 1)',
];
