/**
 * Whole conversations as a client would send them, in rounds: the bytes of a round are sent together, and the next round
 * begins when the answers to the last are there. What lies between two rounds is all a client has to wait for.
 */

import { frames } from '../support/wire.ts';

export interface Round {
  readonly send: readonly Uint8Array[];
  /** Messages that end the round, in order. */
  readonly until: readonly string[];
}

const p = (text: string, ...values: (string | null)[]): Buffer[] => [frames.parse({ text, types: [] }), frames.bind({ values }), frames.describe({ type: 'P' }), frames.execute({})];
const round = (until: string | readonly string[], ...send: readonly Uint8Array[]): Round => ({ send, until: typeof until === 'string' ? [until] : until });
const READY = 'ReadyForQuery';

export const CONVERSATIONS: Readonly<Record<string, readonly Round[]>> = {
  simple: [
    round(READY, frames.query('select 1 as one; select 2 as two')),
    round([READY, READY, READY], frames.query(''), frames.query('select 1/0'), frames.query('select 0')),
    round([READY, READY, READY, READY], frames.query('begin'), frames.query('insert into t values (1000)'), frames.query('insert into t values (1000)'), frames.query('rollback')),
  ],
  extended: [
    round(READY, ...p('select $1::text as a, $2::int as b', 'x'.repeat(3000), null), frames.sync()),
    round([READY, READY, READY], frames.parse({ name: 's', text: 'select id from t where id < $1 order by id', types: [23] }), frames.sync(), frames.bind({ statement: 's', values: ['4'] }), frames.execute({ rows: 2 }), frames.execute({}), frames.sync(), frames.close({ type: 'S', name: 's' }), frames.sync()),
    round(['ErrorResponse'], ...p('select 1/0'), frames.flush()),
    round(READY, ...p('select 1'), frames.query('select 2'), frames.sync()),
  ],
  refusals: [
    round([READY, READY], ...p('select 1'), ...p('drop table t'), ...p('select 3'), frames.sync(), frames.query('drop table t')),
    round(READY, frames.query('begin')),
    round([READY, READY], ...p('truncate pg_class; drop table t'), frames.sync(), frames.query('rollback')),
    round([READY, READY], frames.bind({ statement: 'nothing' }), frames.execute({}), frames.sync(), frames.query('select 4')),
  ],
  copy: [
    round([READY, READY], frames.query('copy c from stdin'), frames.copyData(Buffer.from('1\tone\n2\tt')), frames.copyData(Buffer.from('wo\n')), frames.copyDone(), frames.query('select count(*) from c')),
    round(['CopyInResponse'], ...p('copy c from stdin'), frames.sync()),
    round(READY, frames.copyData(Buffer.alloc(20_000, '7\tmuch\n')), frames.copyFail('enough'), frames.sync()),
    round(READY, frames.query('copy c from stdin'), frames.copyData(Buffer.from('not a number\tx\n')), frames.copyDone()),
    round([READY], frames.query('copy c from stdin'), frames.copyData(Buffer.from('3\tthree\n')), frames.query('select 5')),
    round(READY, frames.query('select 6')),
  ],
};
