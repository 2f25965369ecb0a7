/** Agents that may create things, and use that to make harmless names mean something else before the proxy can know. */

import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { frames, type WireClient } from '../support/wire.ts';
import { startWorld, type World } from './world.ts';

const POLICY = `version: 1
default: deny
rules:
  - { name: fine, effects: [read, transaction, session, insert, update, delete, create, alter, drop], then: allow }
`;

let world: World;
beforeAll(async () => {
  world = await startWorld({ policy: POLICY, schema: 'create schema mine; create table hit (n int); create table t (id int)' });
});
afterAll(() => world?.stop());

const p = (text: string) => [frames.parse({ text, types: [] }), frames.bind({}), frames.execute({})];
/** Another built-in each time: what the catalog has once seen is known. */
const BUILT_INS = ['lower', 'upper', 'initcap', 'reverse', 'btrim', 'ltrim', 'rtrim', 'md5'];
const evil = (name: string): string => `create or replace function mine.${name}(text) returns text language sql volatile as 'insert into public.hit values (1) returning ''hit'''`;
const hits = async (): Promise<number> => Number((await world.sql('select count(*) as n from hit'))[0]?.['n']);

describe('a function defined in the same breath as it is called', () => {
  const attempts: Readonly<Record<string, (client: WireClient, name: string) => Promise<unknown>>> = {
    'in one batch': (client, name) => client.query(`set search_path = mine, pg_catalog; ${evil(name)}; select ${name}('x')`),
    'in one segment': (client, name) => {
      client.send(...p('set search_path = mine, pg_catalog'), ...p(evil(name)), ...p(`select ${name}('x')`), frames.sync());
      return client.until('ReadyForQuery');
    },
    'in two segments without waiting': async (client, name) => {
      await client.query('set search_path = mine, pg_catalog');
      client.send(...p(evil(name)), frames.sync(), ...p(`select ${name}('x')`), frames.sync());
      await client.until('ReadyForQuery');
      return client.until('ReadyForQuery');
    },
    'in two parts of a segment': async (client, name) => {
      await client.query('set search_path = mine, pg_catalog');
      client.send(...p(evil(name)), frames.flush(), ...p(`select ${name}('x')`), frames.sync());
      return client.until('ReadyForQuery');
    },
    'in an open transaction, without waiting': async (client, name) => {
      await client.query('set search_path = mine, pg_catalog');
      await client.query('begin');
      client.send(frames.query(evil(name)), frames.query(`select ${name}('x')`), frames.query('commit'));
      for (let i = 0; i < 3; i++) await client.until('ReadyForQuery');
    },
    'in an open transaction': async (client, name) => {
      await client.query('set search_path = mine, pg_catalog');
      await client.query('begin');
      await client.query(evil(name));
      await client.query(`select ${name}('x')`);
      return client.query('commit');
    },
    'by a portal bound before': async (client, name) => {
      await client.query('set search_path = mine, pg_catalog');
      await client.query('begin');
      client.send(frames.parse({ name: 'q', text: `select ${name}('x')`, types: [] }), frames.sync(), ...p(evil(name)), frames.sync(), frames.bind({ statement: 'q' }), frames.execute({}), frames.sync());
      for (let i = 0; i < 3; i++) await client.until('ReadyForQuery');
      return client.query('commit');
    },
    'and then from another session at once': async (client, name) => {
      const other = await world.agent();
      await other.query('set search_path = mine, pg_catalog');
      client.send(frames.query(evil(name)));
      for (let i = 0; i < 5; i++) await other.query(`select ${name}('x')`);
      await client.until('ReadyForQuery');
      other.destroy();
    },
  };

  it.each(Object.entries(attempts).map(([how, attempt], index) => [how, attempt, BUILT_INS[index] ?? ''] as const))('%s', async (_, attempt, name) => {
    await world.sql('truncate hit');
    const client = await world.agent();
    await attempt(client, name);
    client.destroy();
    expect(await hits()).toBe(0);
  });
});

describe('what decides how statements are read', () => {
  it.each([
    `update pg_settings set setting = 'off' where name = 'standard_conforming_strings'`,
    `update pg_catalog.pg_settings set setting = 'SJIS' where name = 'client_encoding'`,
    `insert into pg_settings (name, setting) values ('client_encoding', 'SJIS')`,
    `select set_config('client_' || 'encoding', 'SJIS', false)`,
    `select set_config(name, 'off', false) from pg_settings where name = 'standard_conforming_strings'`,
    `set standard_conforming_strings = off`,
    `set local "Standard_Conforming_Strings" to 0`,
    `set names 'SJIS'`,
    `set session characteristics as transaction read only; set client_encoding = big5`,
    `alter role app set standard_conforming_strings = off`,
    `create function mine.f() returns int language sql set standard_conforming_strings = off as 'select 1'`,
  ])('%s is refused', async (text) => {
    const client = await world.agent();
    expect((await client.query(text))[0]).toContain('B ErrorResponse');
    expect(await client.query('show standard_conforming_strings')).toContain('B DataRow "on"');
    expect(await client.query('show client_encoding')).toContain('B DataRow "UTF8"');
    client.destroy();
  });
});
