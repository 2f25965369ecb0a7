/** What the server may say when: anything else ends the session, before it is taken for the answer to something. */

import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { Malformed } from '../../src/framing/malformed.ts';
import { Capability, type Capabilities, MariaDbCapability, ServerStatus } from '../../src/mysql/packets/capabilities.ts';
import { Command } from '../../src/mysql/packets/commands.ts';
import { MAX_PAYLOAD, packets } from '../../src/mysql/packets/frame.ts';
import { PacketWriter } from '../../src/mysql/packets/writer.ts';
import { Refused } from '../../src/protocol/refusal.ts';
import { BASE, commands, lines, type Scripted, type ScriptedOptions, scripted, server, values } from './scripted.ts';

const { query, prepare, execute, of, statement } = commands;
const MORE = ServerStatus.Autocommit | ServerStatus.MoreResultsExist;
const old = { flags: BASE };
const OLD: ScriptedOptions = { client: old, upstream: { flags: BASE | Capability.SessionTrack } };

const LIES: readonly (readonly [string, readonly Uint8Array[], Uint8Array])[] = [
  ['an answer to nothing', [], server.ok(0)],
  ['rows for nothing', [], server.row(0, 'a')],
  ['a result set for a ping', [of(Command.Ping)], server.rows(1, ['a'])],
  ['an OK out of order', [query('select 1')], server.ok(2)],
  ['a row out of order', [query('select 1')], Buffer.concat([server.raw(1, 1), server.definition(2), server.row(4, 'a')])],
  ['two answers to one query', [query('select 1')], Buffer.concat([server.ok(1), server.ok(2)])],
  ['a result set of no columns', [query('select 1')], server.raw(1, 0xfc, 0, 0)],
  ['NULL columns that are no file', [of(Command.Ping)], server.raw(1, 0xfb, Buffer.from('/etc/passwd'))],
  ['2^60 columns', [query('select 1')], server.raw(1, 0xfe, Buffer.from([0, 0, 0, 0, 0, 0, 0, 16]))],
  ['bytes behind the number of columns', [query('select 1')], server.raw(1, 1, 1)],
  ['an empty packet', [query('select 1')], packets(1, Buffer.alloc(0))],
  ['an OK that ends in its fields', [query('select 1')], server.raw(1, 0, 0)],
  ['an OK with bytes behind it', [query('select 1')], server.raw(1, 0, 0, 0, 2, 0, 0, 0, 0, 1)],
  ['changes whose length lies', [query('select 1')], server.raw(1, 0, 0, 0, 0, 0x40, 0, 0, 0, 5, 0, 200, 1)],
  ['an EOF that isn\'t agreed', [query('select 1')], Buffer.concat([server.raw(1, 1), server.definition(2), server.eof(3)])],
  ['a statement prepared for a query', [prepare('select 1')], server.raw(1, 0, 1)],
  ['a result set for a PREPARE', [prepare('select 1')], server.rows(1, ['a'])],
  ['a definition of 2 MiB', [query('select 1')], Buffer.concat([server.raw(1, 1), Buffer.from([0, 0, 0x20, 2])])],
  ['a large row that begins with 0xff', [query('select 1')], Buffer.concat([server.raw(1, 1), server.definition(2), packets(3, Buffer.alloc(20_000, 0xff)).subarray(0, 100)])],
  ['a large row that begins with 0xfe', [query('select 1')], Buffer.concat([server.raw(1, 1), server.definition(2), packets(3, Buffer.alloc(20_000, 0xfe)).subarray(0, 100)])],
];

describe('a server that sends', () => {
  it.each(LIES)('%s is not followed', (_, sent, lie) => {
    const { send, machine } = scripted();
    send(...sent);
    expect(() => machine.reply(Buffer.from(lie))).toThrow(Malformed);
  });

  it('an answer to what only we answer is not followed', () => {
    const { machine, refuse } = scripted();
    machine.receive(query('drop table t'));
    refuse();
    expect(() => machine.reply(server.ok(1))).toThrow(Malformed);
  });

  it('an answer to what hasn\'t left is not followed', () => {
    const { machine } = scripted();
    machine.receive(query('select 1'));
    machine.forward(machine.next() as never);
    expect(() => machine.reply(server.ok(1))).toThrow(Malformed);
  });

  it('an error unasked says that the session ends, and has said so', () => {
    const { machine, reply, atClient } = scripted();
    reply(server.err(0, 'shutdown', 1053, '08S01'));
    expect(atClient()).toEqual(['0 ff ..#08S01shutdown']);
    expect(machine.fatal({ code: 'upstream_unavailable', message: 'gone' })).toHaveLength(0);
  });
});

describe('a result', () => {
  it.each([['with DEPRECATE_EOF', {}, true], ['without', OLD, false]] as const)('is passed on as it came, %s, and its rows counted', (_, options, deprecateEof) => {
    const { send, reply, told, clientBytes, machine } = scripted(options);
    const bytes = server.rows(1, ['a', null, '', 'x'.repeat(70_000), '\xfe'], { deprecateEof });
    send(query('select a from t'));
    reply(bytes);
    expect(clientBytes().equals(bytes)).toBe(true);
    expect(told.ended).toEqual([{ text: 'select a from t', outcome: { rows: 5, bytes: expect.any(Number) as number } }]);
    expect(machine.quiet).toBe(true);
  });

  it('may be several, each told as complete', () => {
    const { send, reply, told } = scripted();
    send(query('select 1; set x = 1; select 2'));
    reply(server.rows(1, ['1'], { status: MORE }), server.ok(5, { status: MORE, affected: 2 }), server.rows(6, ['2']));
    expect(told.completed).toEqual(['select 1; set x = 1; select 2 #0', 'select 1; set x = 1; select 2 #1 OK 2', 'select 1; set x = 1; select 2 #2']);
    expect(told.ended).toHaveLength(1);
  });

  it('of several ends with the first error', () => {
    const { send, reply, told, machine } = scripted();
    send(query('select 1; nonsense; select 2'));
    reply(server.rows(1, ['1'], { status: MORE }), server.err(5, 'syntax'));
    expect(told.ended[0]?.outcome).toMatchObject({ rows: 1, error: { code: '42000', message: 'syntax' } });
    expect(machine.quiet).toBe(true);
  });

  it('may break off with an error among its rows, or its definitions', () => {
    const { send, reply, told } = scripted();
    send(query('select a from t'), query('select b from t'));
    reply(server.raw(1, 1), server.definition(2), server.row(3, 'x'), server.err(4, 'interrupted', 1317, '70100'));
    reply(server.raw(1, 2), server.definition(2), server.err(3, 'out of memory'));
    expect(told.ended.map(({ outcome }) => outcome.error?.message)).toEqual(['interrupted', 'out of memory']);
  });

  it('may have rows of more than 16 MiB, and of exactly as much', () => {
    const { send, reply, told, clientBytes, machine } = scripted();
    const rows = [MAX_PAYLOAD + 1000, MAX_PAYLOAD - 9, 100].map((size) => new PacketWriter(size + 16).lenencString(Buffer.alloc(size, 0xff)).take());
    const parts: Buffer[] = [server.raw(1, 1), server.definition(2)];
    let sequence = 3;
    for (const row of rows) {
      parts.push(packets(sequence, row));
      sequence += Math.floor(row.length / MAX_PAYLOAD) + 1;
    }
    parts.push(server.ok(sequence, { header: 0xfe }));
    send(query('select a from t'));
    const bytes = Buffer.concat(parts);
    for (let at = 0; at < bytes.length; at += 1_000_003) reply(bytes.subarray(at, at + 1_000_003));
    expect(clientBytes().equals(bytes)).toBe(true);
    expect(told.ended[0]?.outcome).toMatchObject({ rows: 3 });
    expect(machine.quiet).toBe(true);
  });

  it('wraps its sequence ids at 256', () => {
    const { send, reply, told } = scripted();
    send(query('select a from t'));
    reply(server.rows(1, Array.from({ length: 1000 }, (_, index) => String(index))));
    expect(told.ended[0]?.outcome.rows).toBe(1000);
  });
});

describe('an OK that tells changes', () => {
  const changes = { sql_mode: 'ANSI_QUOTES', database: 'other' };

  it('is told without them to a client that wouldn\'t read them', () => {
    const { send, reply, atClient, told } = scripted();
    send(query('set x'), query('select 1'));
    reply(server.ok(1, { changes, info: 'done' }));
    expect(told.settings).toEqual(['sql_mode=ANSI_QUOTES', 'database=other']);
    expect(atClient()).toEqual(['1 00 .......done']);
    reply(server.raw(1, 1), server.definition(2), server.ok(3, { header: 0xfe, changes: { sql_mode: '' } }));
    expect(atClient().at(-1)).toBe('3 fe ......');
  });

  it('is passed on as it came to one that does', () => {
    const flags = BASE | Capability.DeprecateEof | Capability.SessionTrack;
    const { send, reply, clientBytes } = scripted({ client: { flags }, upstream: { flags } });
    const ok = server.ok(1, { changes });
    send(query('set x'));
    reply(ok);
    expect(clientBytes().equals(ok)).toBe(true);
  });
});

describe('a prepared statement\'s definitions', () => {
  it.each([{ parameters: 2, columns: 1 }, { parameters: 0, columns: 2 }, { parameters: 1, columns: 0 }, { parameters: 0, columns: 0 }])('%j are followed', (counts) => {
    for (const deprecateEof of [true, false]) {
      const { send, reply, machine } = scripted(deprecateEof ? {} : OLD);
      send(prepare('select ?'));
      const parts: Buffer[] = [server.prepareOk(1, 7, counts)];
      for (const count of [counts.parameters, counts.columns]) {
        for (let index = 0; index < count; index++) parts.push(server.definition(parts.length + 1));
        if (count > 0 && !deprecateEof) parts.push(server.eof(parts.length + 1));
      }
      for (const [index, part] of parts.entries()) {
        expect(machine.quiet).toBe(false);
        reply(part);
        if (index + 1 < parts.length) expect(machine.quiet).toBe(false);
      }
      expect(machine.quiet).toBe(true);
    }
  });

  it('may be fewer than were counted, where an EOF says so', () => {
    const { send, reply, machine, clientBytes } = scripted(OLD);
    send(prepare('select ? between ? and ?'));
    const parts = [server.prepareOk(1, 7, { parameters: 3, columns: 1 }), server.definition(2), server.definition(3), server.eof(4), server.definition(5), server.eof(6)];
    for (const part of parts) {
      expect(machine.quiet).toBe(false);
      reply(part);
    }
    expect(machine.quiet).toBe(true);
    expect(clientBytes().equals(Buffer.concat(parts))).toBe(true);
  });

  it('a cursor without DEPRECATE_EOF is announced behind the definitions', () => {
    const { send, reply, told, machine } = scripted(OLD);
    send(prepare('select 1'));
    reply(server.prepareOk(1, 7, { columns: 1 }), server.definition(2), server.eof(3));
    send(execute(7, [], { cursor: true }));
    reply(server.raw(1, 1), server.definition(2), server.eof(3, ServerStatus.CursorExists));
    expect(told.ended[0]?.outcome.suspended).toBe(true);
    send(statement(Command.StmtFetch, 7, Buffer.from([1, 0, 0, 0])));
    reply(server.row(1, 'x'.repeat(2_000_000)), server.eof(2, ServerStatus.LastRowSent));
    expect(told.ended[1]?.outcome).toMatchObject({ rows: 1 });
    expect(machine.quiet).toBe(true);
  });
});

describe('a file the server asks for', () => {
  const flags = BASE | Capability.DeprecateEof | Capability.LocalFiles;
  const wanted = server.raw(1, 0xfb, Buffer.from('data.csv'));
  const loading = (options: ScriptedOptions = {}) => {
    const all = scripted({ client: { flags }, upstream: { flags: flags | Capability.SessionTrack }, imports: (text) => text.startsWith('load'), ...options });
    all.send(query('load data local'));
    all.atServer();
    return all;
  };

  it('is passed on packet by packet, and nothing in it is a command', () => {
    const { machine, send, reply, atServer, atClient, told } = loading();
    reply(wanted);
    expect(atClient()).toEqual(['1 fb data.csv']);
    expect(send(packets(2, Buffer.from('\x03drop table t')), packets(3, Buffer.from('\x01')), packets(4, Buffer.alloc(0)), query('select 1')).every(({ statements }) => statements.length === 0)).toBe(true);
    expect(atServer()).toEqual(['2 03 drop table t', '3 01', '4 --']);
    expect(machine.next()).toBe('unsettled');
    reply(server.ok(5, { affected: 2 }));
    expect(told.ended[0]?.outcome.tag).toBe('OK 2');
    expect(machine.next()).toMatchObject({ statements: [{ source: { text: 'select 1' } }] });
  });

  it('may hold packets of the largest size, which end nothing', () => {
    const { machine, send, reply, atServer } = loading({ limits: { messageBytes: 1000, statementBytes: 1000 } });
    reply(wanted);
    send(packets(2, Buffer.alloc(MAX_PAYLOAD, 3)));
    expect(atServer()).toHaveLength(2);
    send(packets(4, Buffer.alloc(0)));
    reply(server.ok(5));
    expect(machine.quiet).toBe(true);
  });

  it.each([['a statement that was not judged to import', {}, flags], ['a client that didn\'t agree to it', { imports: () => true }, BASE | Capability.DeprecateEof]] as const)('for %s is not asked of the client', (_, options, agreed) => {
    const { send, reply, atServer, atClient } = scripted({ client: { flags: agreed }, upstream: { flags: agreed | Capability.SessionTrack }, ...options });
    send(query('select 1'));
    atServer();
    reply(server.raw(1, 0xfb, Buffer.from('/etc/passwd')));
    expect(atServer()[0]).toBe('2 --');
    expect(atClient()).toEqual([]);
    reply(server.err(3, 'no file'));
    expect(atClient()).toEqual([expect.stringMatching(/^1 ff .*no file/)]);
  });

  it('ends the session when a command was sent in its place', () => {
    const { machine, send } = loading();
    send(query('drop table t'));
    expect(() => machine.reply(Buffer.from(wanted))).toThrow(Malformed);
  });

  it('ends the session when the server answers before it is over: what comes behind would be commands', () => {
    const { machine, send, reply } = loading();
    reply(wanted);
    send(packets(2, Buffer.from('a,b\n')));
    expect(() => machine.reply(server.err(3, 'disk full'))).toThrow(Malformed);
  });

  it('ends the session when its packets are out of order', () => {
    const { machine, reply } = loading();
    reply(wanted);
    expect(() => machine.receive(packets(0, Buffer.from('\x03drop table t')))).toThrow(Malformed);
  });
});

it('MariaDB\'s progress reports end nothing, where they were agreed', () => {
  const extended = MariaDbCapability.Progress;
  const report = server.raw(1, 0xff, 0xff, 0xff, 1, 1, 1, 0, 0, 0, 4, Buffer.from('copy'));
  const { send, reply, told } = scripted({ client: { flags: BASE | Capability.DeprecateEof, extended }, upstream: { extended } });
  send(query('alter table t'));
  reply(report, server.ok(2));
  expect(told.ended).toHaveLength(1);
  expect(told.ended[0]?.outcome).not.toHaveProperty('error');
});

it('MariaDB\'s cache of metadata may leave the definitions out', () => {
  const extended = MariaDbCapability.CacheMetadata;
  const { send, reply, told, machine } = scripted({ client: { flags: BASE | Capability.DeprecateEof, extended } });
  send(query('select 1'), query('select 2'));
  reply(server.raw(1, 1, 0), server.row(2, 'a'), server.ok(3, { header: 0xfe }));
  reply(server.raw(1, 1, 1), server.definition(2), server.row(3, 'a'), server.ok(4, { header: 0xfe }));
  expect(told.ended.map(({ outcome }) => outcome.rows)).toEqual([1, 1]);
  expect(machine.quiet).toBe(true);
});

/** One conversation with everything in it, by either form of results. */
function conversationOf(options: ScriptedOptions & { readonly client: Partial<Capabilities> }): { commands: Buffer[]; replies: Buffer[][] } {
  const deprecateEof = ((options.client.flags ?? 0) & Capability.DeprecateEof) !== 0;
  return {
    commands: [query('select a from t'), of(Command.Ping), query('drop table t'), prepare('select ?'), query(`select '${'y'.repeat(5000)}'`), of(Command.Statistics), query('load data local')],
    replies: [
      [server.rows(1, ['a', null, 'x'.repeat(20_000), ''], { deprecateEof, status: MORE }), deprecateEof ? server.ok(8, { changes: { time_zone: 'UTC' } }) : server.ok(9, { changes: { time_zone: 'UTC' } })],
      [server.ok(1)],
      [],
      [server.prepareOk(1, 7, { parameters: 1 }), server.definition(2), ...(deprecateEof ? [] : [server.eof(3)])],
      [server.err(1, 'unknown column')],
      [server.raw(1, Buffer.from('Uptime: 3'))],
      [server.raw(1, 0xfb, Buffer.from('f'))],
    ],
  };
}

/** Plays it with both sides cut into pieces, and tells all that could be seen of it. */
function play(options: ScriptedOptions & { readonly client: Partial<Capabilities> }, cuts: readonly number[]): unknown {
  const all: Scripted = scripted({ ...options, imports: (text) => text.startsWith('load') });
  let turn = 0;
  const piecewise = (bytes: Buffer, each: (piece: Buffer) => void): void => {
    for (let at = 0; at < bytes.length;) {
      const size = Math.max(1, cuts[turn++ % cuts.length] ?? 1);
      each(Buffer.from(bytes.subarray(at, at + size)));
      at += size;
    }
  };
  const deliver = (piece: Buffer): void => {
    all.machine.receive(piece);
    for (let step = all.machine.next(); step !== undefined && step !== 'unsettled'; step = all.machine.next()) {
      for (const each of step.statements) Object.assign(each, { after: 'same', imports: each.source.text.startsWith('load') });
      if (step.statements.some(({ source }) => source.text.startsWith('drop'))) all.machine.refuse(step, 0, { code: 'denied', message: 'no', detail: { rule: 'r' } });
      else all.machine.forward(step);
    }
    all.send();
    piece.fill(0xee); // the chunk may be reused
  };
  const { commands: sent, replies } = conversationOf(options);
  piecewise(Buffer.concat(sent), deliver);
  piecewise(Buffer.concat(replies.flat()), (piece) => all.reply(piece));
  piecewise(Buffer.concat([packets(2, Buffer.from('a,b\n')), packets(3, Buffer.alloc(0)), query('select 9')]), deliver);
  all.reply(server.ok(4));
  all.pump();
  all.reply(server.ok(1));
  return { client: all.atClient(), server: all.atServer(), told: all.told, quiet: all.machine.quiet };
}

describe.each([['with DEPRECATE_EOF', { client: { flags: BASE | Capability.DeprecateEof | Capability.LocalFiles } }], ['without', { client: { flags: BASE | Capability.LocalFiles }, upstream: { flags: BASE | Capability.LocalFiles | Capability.SessionTrack } }]] as const)('the same bytes, %s', (_, options) => {
  const whole = play(options, [1 << 20]) as { client: string[]; quiet: boolean };

  it('are a conversation that comes to its end', () => {
    expect(whole.quiet).toBe(true);
    expect(whole.client).toContainEqual(expect.stringMatching(/^1 ff .*no /));
  });

  it.each([1, 2, 3, 4, 5, 7, 11, 64, 1000])('mean the same in pieces of %i', (size) => {
    expect(play(options, [size])).toEqual(whole);
  });

  it('mean the same in any chunking', () => {
    fc.assert(fc.property(fc.array(fc.oneof(fc.integer({ min: 1, max: 12 }), fc.integer({ min: 1, max: 9000 })), { minLength: 1, maxLength: 40 }), (cuts) => {
      expect(play(options, cuts)).toEqual(whole);
    }), { numRuns: 60 });
  });
});

describe('random bytes', () => {
  const only = (act: () => unknown): void => {
    try {
      act();
    } catch (error) {
      if (!(error instanceof Malformed) && !(error instanceof Refused)) throw error;
    }
  };

  it('of a client end the connection or are answered, and nothing else happens', () => {
    fc.assert(fc.property(fc.array(fc.tuple(fc.integer({ min: 0, max: 255 }), fc.uint8Array({ maxLength: 40 })), { maxLength: 8 }), (sent) => {
      const { machine } = scripted();
      only(() => {
        machine.receive(Buffer.concat(sent.map(([command, body]) => packets(0, Buffer.concat([Buffer.of(command), body])))));
        for (let step = machine.next(); step !== undefined && step !== 'unsettled'; step = machine.next()) machine.refuse(step, 0, { code: 'denied', message: 'no' });
        machine.sent();
      });
    }), { numRuns: 500 });
  });

  it('of a server, also behind good packets, are no answer', () => {
    const good = server.rows(1, ['a', 'b']);
    fc.assert(fc.property(fc.integer({ min: 0, max: good.length - 1 }), fc.uint8Array({ minLength: 1, maxLength: 60 }), (at, noise) => {
      const { machine, send } = scripted();
      send(query('select 1'), prepare('select ?'), execute(1, [values.long(1)]));
      only(() => machine.reply(Buffer.concat([good.subarray(0, at), noise])));
    }), { numRuns: 500 });
  });

  it('in the place of any byte of an answer never let a second answer pass as part of the first', () => {
    const good = Buffer.concat([server.rows(1, ['a']), server.ok(1)]);
    fc.assert(fc.property(fc.integer({ min: 0, max: good.length - 1 }), fc.integer({ min: 0, max: 255 }), (at, byte) => {
      const { machine, send, told } = scripted();
      send(query('select 1'), query('select 2'));
      const bad = Buffer.from(good);
      bad[at] = byte;
      only(() => machine.reply(bad));
      expect(told.ended.length).toBeLessThanOrEqual(2);
      if (machine.quiet) expect(lines(Buffer.concat(machine.toClient.take())).filter((line) => line.startsWith('1 '))).toHaveLength(2);
    }), { numRuns: 500 });
  });
});
