/** After login: messages that lie about themselves. Each ends or refuses what it must, and no other session notices. */

import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { startWorld, type World } from '../scenarios/world.ts';
import { frames } from '../support/wire.ts';

let world: World;
beforeAll(async () => {
  world = await startWorld({ schema: 'create table t (id int)', extra: 'limits: { statement: 64KiB, message: 1MiB }\n' });
});
afterAll(() => world?.stop());

const int16 = (...values: number[]): Buffer => Buffer.concat(values.map((value) => Buffer.from([value >> 8, value & 255])));
const zero = Buffer.of(0);
const header = (tag: string, length: number): Buffer => frames.raw(tag, Buffer.alloc(0), length);

const FATAL: readonly (readonly [string, Uint8Array])[] = [
  ['a negative length', header('Q', -1)],
  ['length 0', header('Q', 0)],
  ['length 3', header('P', 3)],
  ['a length over 1 GiB', header('Q', 0x7fff_ffff)],
  ['a length over the limit', header('B', 2 ** 21)],
  ['an unknown type', frames.raw('!', zero)],
  ['a type of the server\'s', frames.raw('Z', Buffer.from('I'))],
  ['a password message', frames.password('x')],
  ['FunctionCall', frames.raw('F', Buffer.alloc(12))],
  ['a Query without its NUL', frames.raw('Q', Buffer.from('select 1'))],
  ['a NUL in a Query', frames.raw('Q', Buffer.from('select 1\0; drop table t\0'))],
  ['a NUL in a Parse', frames.raw('P', Buffer.from('\0select 1\0; drop table t\0\0\0'))],
  ['a name that is not UTF-8', frames.raw('P', Buffer.from('\xff\0select 1\0\0\0', 'latin1'))],
  ['a Sync with a body', frames.raw('S', zero)],
  ['a Parse whose types are cut off', frames.raw('P', Buffer.concat([Buffer.from('\0select 1\0'), int16(40_000)]))],
  ['a Bind cut off in its values', frames.raw('B', Buffer.concat([zero, zero, int16(0, 65_535)]))],
  ['a Bind value of length -2', frames.raw('B', Buffer.concat([zero, zero, int16(0, 1), Buffer.from([255, 255, 255, 254]), int16(0)]))],
  ['a Bind value longer than the message', frames.raw('B', Buffer.concat([zero, zero, int16(0, 1), Buffer.from([127, 255, 255, 255]), int16(0)]))],
  ['a Bind with more behind it', frames.raw('B', Buffer.concat([zero, zero, int16(0, 0, 0), Buffer.from('select')]))],
  ['an Execute cut off', frames.raw('E', zero)],
  ['a Close of something else', frames.raw('C', Buffer.from('X\0'))],
  ['a Describe without a name', frames.raw('D', Buffer.from('S'))],
];

describe('a message that can\'t be', () => {
  it.each(FATAL)('%s ends the session with a FATAL', async (_, bytes) => {
    const client = await world.agent();
    client.socket.write(Buffer.concat([bytes, frames.sync()]));
    const lines = await client.until('nothing');
    expect(lines.at(-1)).toBe('B (closed)');
    expect(lines.at(-2)).toMatch(/^B ErrorResponse S="FATAL" C="(08P01|54000|0A000)"/);
  });

  it('that is over a limit names the limit', async () => {
    const client = await world.agent();
    client.send(frames.query(`select ${'1,'.repeat(40_000)}1`), frames.query('select 2'));
    expect((await client.until('ReadyForQuery'))[0]).toContain('limits.statement');
    expect(await client.until('ReadyForQuery')).toContain('B DataRow "2"');
    client.socket.write(header('B', 2 ** 21));
    expect((await client.until('nothing'))[0]).toContain('limits.message');
  });

  it('text that is not UTF-8 is refused, and the session goes on', async () => {
    const client = await world.agent();
    client.send(frames.raw('Q', Buffer.from('select \'\xe9\'\0', 'latin1')), frames.raw('P', Buffer.from('\0select \'\xc0\x80\'\0\0\0', 'latin1')), frames.sync());
    expect((await client.until('ReadyForQuery'))[0]).toContain('not valid UTF-8');
    expect((await client.until('ReadyForQuery'))[0]).toContain('not valid UTF-8');
    expect(await client.query('select 1')).toContain('B DataRow "1"');
    client.destroy();
  });

  it('counts of 32,768 and more are counts', async () => {
    const client = await world.agent();
    const types = Buffer.alloc(2 + 4 * 40_000);
    types.writeUInt16BE(40_000);
    for (let at = 2; at < types.length; at += 4) types.writeUInt32BE(23, at);
    const values = Array.from({ length: 40_000 }, () => '7');
    client.send(frames.raw('P', Buffer.concat([Buffer.from('\0select $1 + $40000 as sum\0'), types])), frames.bind({ values }), frames.execute({}), frames.sync());
    expect(await client.until('ReadyForQuery')).toContain('B DataRow "14"');
    client.destroy();
  });
});
