/**
 * The main stories as they look on the wire: `F` from the client, `B` from the proxy, `-- ` what people did. Each is kept
 * beside this file as text to be read; a difference fails. `npx vitest run test/traces -u` writes them anew.
 */

import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { eventually, startWorld, type World } from '../scenarios/world.ts';
import { cancel, frames, type WireClient } from '../support/wire.ts';

let world: World;
beforeAll(async () => {
  world = await startWorld({ schema: 'create table t (id int primary key); insert into t select generate_series(1, 3); create table c (a int, b text)' });
});
afterAll(() => world?.stop());

const p = (text: string, ...values: string[]) => [frames.parse({ text, types: [] }), frames.bind({ values }), frames.execute({})];
const READY = 'ReadyForQuery';

interface Story {
  readonly client: WireClient;
  /** Sends, and reads to the end of the answer. */
  say(...messages: Uint8Array[]): Promise<void>;
  /** A person does something, once the request is there. */
  person(what: string, act: (id: string) => Promise<unknown>): Promise<void>;
}

const STORIES: Readonly<Record<string, (story: Story) => Promise<void>>> = {
  'simple-query': ({ say }) => say(frames.query('select id from t order by id; update t set id = id where id = 3')),
  'extended-query': ({ say }) => say(frames.parse({ name: 's', text: 'select id from t where id > $1', types: [23] }), frames.describe({ type: 'S', name: 's' }), frames.bind({ statement: 's', values: ['1'] }), frames.execute({ rows: 1 }), frames.execute({}), frames.close({ type: 'S', name: 's' }), frames.sync()),
  'held-approved': async ({ client, say, person }) => {
    const answer = say(frames.query('create table approved (id int)'));
    await person('sam approves', (id) => world.proxy.decide(id, 'approve'));
    await answer;
    await say(frames.query('drop table approved'));
    client.destroy();
  },
  'held-denied-in-a-transaction': async ({ say, person }) => {
    await say(frames.query('begin'));
    const answer = say(...p('delete from t'), ...p('select 1'), frames.sync());
    await person('sam denies', (id) => world.proxy.decide(id, 'deny', { reason: 'the month is being closed' }));
    await answer;
    await say(frames.query('rollback'));
  },
  'held-cancelled': async ({ client, say, person }) => {
    const answer = say(frames.query('truncate t'));
    await person('the agent sends CancelRequest', () => cancel({ host: world.proxy.host, port: world.proxy.port }, client.key as { pid: number; secret: Buffer }));
    await answer;
  },
  'deferred': async ({ say, person }) => {
    await say(frames.query(`set countersign.hold = 'defer'`));
    await say(frames.query('truncate c'));
    await person('sam approves', (id) => world.proxy.decide(id, 'approve'));
    await say(frames.query('truncate c'));
  },
  'refused-in-mid-pipeline': async ({ say }) => {
    await say(...p('select 1'), ...p('drop table t'), ...p('select 2'), frames.sync());
    await say(...p('select 3'), frames.sync());
  },
  'copy-in': async ({ client, say }) => {
    client.send(...p('copy c from stdin'), frames.sync());
    await client.until('CopyInResponse');
    await say(frames.copyData(Buffer.from('1\tone\n')), frames.copyDone(), frames.sync());
  },
  'copy-out-held': async ({ say, person }) => {
    const answer = say(frames.query('copy (select 1) to stdout'));
    await person('sam approves', (id) => world.proxy.decide(id, 'approve'));
    await answer;
  },
};

describe('traces', () => {
  it.each(Object.entries(STORIES))('%s', async (name, tell) => {
    const client = await world.agent();
    client.transcript.length = 0;
    await tell({
      client,
      async say(...messages) {
        client.send(...messages);
        await client.until(READY);
      },
      async person(what, act) {
        const { id } = await world.proxy.pending();
        await eventually(() => client.transcript.some((line) => line.includes(id)), 'the agent is told');
        client.transcript.push(`-- ${what}`);
        await act(id);
      },
    });
    client.destroy();
    await expect(`${client.transcript.map(steady).join('\n')}\n`).toMatchFileSnapshot(`./${name}.txt`);
  });
});

/** Without what differs from run to run. */
const steady = (line: string): string => line.replaceAll(/req_[a-z0-9]{16}/g, 'req_0123456789abcdef').replaceAll(/\d{4}-\d\d-\d\dT[\d:.]+Z/g, '2026-01-01T12:00:00.000Z');
