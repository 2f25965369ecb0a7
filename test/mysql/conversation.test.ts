/** What a client may do to get past the judgement, or out of step: order, numbers, sizes, names. */

import { describe, expect, it } from 'vitest';
import { Malformed } from '../../src/framing/malformed.ts';
import { Capability, MariaDbCapability, ServerStatus } from '../../src/mysql/packets/capabilities.ts';
import { Command, LAST_PREPARED } from '../../src/mysql/packets/commands.ts';
import { MAX_PAYLOAD, packets } from '../../src/mysql/packets/frame.ts';
import { Refused } from '../../src/protocol/refusal.ts';
import type { Step } from '../../src/protocol/statement.ts';
import { BASE, commands, scripted, server, SETTINGS, values } from './scripted.ts';

const { query, prepare, execute, statement, of } = commands;
const texts = (steps: readonly Step[]): string[] => steps.flatMap(({ statements }) => statements.map(({ source }) => source.text));

describe('a refused command', () => {
  it('never reaches the server, and is answered in its place when all before it is answered', () => {
    const { machine, send, refuse, reply, atServer, atClient } = scripted();
    send(query('select 1'));
    machine.receive(Buffer.concat([query('drop table t'), query('select 2')]));
    refuse();
    send();
    expect(atServer()).toEqual(['0 03 select 1', '0 03 select 2']);
    expect(atClient()).toEqual([]);
    reply(server.rows(1, ['1']));
    expect(atClient().map((line) => line.slice(0, 4))).toEqual(['1 01', '2 03', '3 01', '4 fe', '1 ff']);
    reply(server.rows(1, ['2']));
    expect(atClient()).toHaveLength(4);
    expect(machine.quiet).toBe(true);
  });

  it('is answered only once its record may be relied on', () => {
    const { machine } = scripted();
    machine.receive(query('drop table t'));
    machine.refuse(machine.next() as Step, 0, { code: 'denied', message: 'no' });
    expect(machine.toClient.bytes).toBe(0);
    machine.sent();
    expect(machine.toClient.bytes).toBeGreaterThan(0);
  });

  it('of several packets is answered with the next sequence id', () => {
    const { send, refuse, machine, atClient } = scripted({ limits: { messageBytes: 64 << 20, statementBytes: 64 << 20 } });
    machine.receive(query(`select '${'x'.repeat(MAX_PAYLOAD)}'`));
    refuse();
    expect(atClient()[0]).toMatch(/^2 ff/);
    machine.receive(packets(0, Buffer.concat([Buffer.of(Command.Query), Buffer.alloc(MAX_PAYLOAD - 1, 0x20)])));
    refuse();
    expect(atClient()[0]).toMatch(/^2 ff/);
    send(query('select 1'));
  });

  it('leaves the transaction as it is', () => {
    const { machine, send, reply, refuse, told } = scripted();
    send(query('begin'));
    reply(server.ok(1, { status: ServerStatus.InTransaction | ServerStatus.Autocommit }));
    machine.receive(query('drop table t'));
    refuse();
    expect(machine.transaction).toBe('open');
    expect(told.transactions).toEqual(['open', 'open']);
  });
});

describe('a journal that could not be written', () => {
  it('recalls all that waited, in order, and nothing of it is sent', () => {
    const { machine, reply, atServer, atClient, told } = scripted();
    machine.receive(Buffer.concat([query('select 1'), of(Command.Ping), prepare('select 2'), query('select 3')]));
    for (let step = machine.next(); step !== undefined && step !== 'unsettled'; step = machine.next()) {
      for (const each of step.statements) each.after = 'same';
      machine.forward(step);
    }
    expect(machine.recall({ code: 'journal_unavailable', message: 'full' })).toHaveLength(4);
    expect(atServer()).toEqual(['0 0e']);
    expect(atClient().filter((line) => line.includes('full'))).toHaveLength(1);
    reply(server.ok(1));
    expect(atClient().map((line) => line.slice(0, 4))).toEqual(['1 00', '1 ff', '1 ff']);
    expect(machine.quiet).toBe(true);
    expect(told.ended).toEqual([]);
  });
});

describe('texts behind what may change how they are read', () => {
  const after = (text: string) => (text.startsWith('set') ? 'told' as const : text.startsWith('call') ? 'unknown' as const : 'same' as const);

  it('wait for its reply, and are read by what it told', () => {
    const { machine, send, pump, reply, told } = scripted({ after });
    expect(texts(send(query('set sql_mode=ansi_quotes'), query('select "a"')))).toEqual(['set sql_mode=ansi_quotes']);
    expect(machine.next()).toBe('unsettled');
    reply(server.ok(1, { changes: { sql_mode: 'ANSI_QUOTES' } }));
    const [step] = pump();
    expect(step?.statements[0]?.source.reading?.key).toBe('ANSI_QUOTES|shop');
    expect(told.settings).toEqual(['sql_mode=ANSI_QUOTES']);
  });

  it('are read by the default database that the server tells', () => {
    const { send, pump, reply } = scripted({ after: (text) => (text.startsWith('USE') ? 'told' : 'same') });
    expect(texts(send(of(Command.InitDb, Buffer.from('ot`her'))))).toEqual(['USE `ot``her`']);
    send(query('select 1'));
    reply(server.ok(1, { changes: { database: 'ot`her' } }));
    expect(pump()[0]?.statements[0]?.source.reading?.key).toBe('STRICT_TRANS_TABLES|ot`her');
  });

  it('wait, behind what nobody sees, until the server was asked', () => {
    const { send, pump, reply, atServer, atClient } = scripted({ after });
    send(query('call p()'), query('select 1'));
    atServer();
    reply(server.ok(1));
    expect(pump()).toEqual([]);
    expect(atServer()[0]).toContain('SET SESSION session_track_system_variables');
    atClient();
    reply(server.ok(1), server.raw(1, 6), ...['a', 'b', 'c', 'd', 'e', 'f'].map((name, index) => server.definition(2 + index, name)));
    reply(server.row(8, 'ANSI_QUOTES', 'utf8mb4', 'utf8mb4', 'utf8mb4', 'utf8mb4_bin', 'elsewhere'), server.ok(9, { header: 0xfe }));
    expect(atClient()).toEqual([]);
    expect(pump()[0]?.statements[0]?.source.reading?.key).toBe('ANSI_QUOTES|elsewhere');
  });

  it.each([['nothing', undefined], ['something else', { character_set_client: 'utf8mb4' }]])('wait until the server was asked when it has told %s of what was set', (_, changes) => {
    const { machine, send, reply, atServer } = scripted({ after, sets: () => ['sql_mode', 'autocommit'] });
    send(query('set sql_mode=ansi_quotes, autocommit=1'), query('select "a"'));
    atServer();
    reply(server.ok(1, changes === undefined ? {} : { changes }));
    expect(machine.next()).toBe('unsettled');
    expect(atServer()).toHaveLength(2);
    reply(server.ok(1), server.raw(1, 6), ...[2, 3, 4, 5, 6, 7].map((sequence) => server.definition(sequence)));
    expect(() => reply(server.row(8, null, 'utf8mb4', 'utf8mb4', 'utf8mb4', 'x', null))).toThrow(Malformed);
  });

  it('wait for nothing more when the server has told of what was set, or it decides nothing', () => {
    const { send, reply, atServer } = scripted({ after, sets: (text) => (text.includes('mode') ? ['sql_mode'] : ['foreign_key_checks']) });
    send(query('set sql_mode=ansi_quotes'));
    reply(server.ok(1, { changes: { sql_mode: 'ANSI_QUOTES' } }));
    send(query('set foreign_key_checks=0'));
    reply(server.ok(1));
    atServer();
    expect(texts(send(query('select 1')))).toEqual(['select 1']);
    expect(atServer()).toHaveLength(1);
  });

  it('wait for the same when the status of a reply speaks of another sql_mode', () => {
    const { send, pump, reply, atServer } = scripted({ after });
    send(query('select 1'));
    reply(server.ok(1, { status: ServerStatus.Autocommit | ServerStatus.NoBackslashEscapes }));
    atServer();
    expect(send(query('select 2'))).toEqual([]);
    expect(atServer()).toHaveLength(2);
    reply(server.ok(1), server.raw(1, 6), ...[2, 3, 4, 5, 6, 7].map((sequence) => server.definition(sequence)));
    reply(server.row(8, 'NO_BACKSLASH_ESCAPES', 'utf8mb4', 'utf8mb4', 'utf8mb4', 'x', null), server.ok(9, { header: 0xfe, status: ServerStatus.NoBackslashEscapes }));
    expect(pump()[0]?.statements[0]?.source.reading?.key).toBe('NO_BACKSLASH_ESCAPES|');
  });

  it('wait at the start when the login didn\'t tell the settings', () => {
    const { send, atServer } = scripted({ settings: new Map() });
    expect(send(query('select 1'))).toEqual([]);
    expect(atServer()).toHaveLength(2);
  });

  it('are not read at all in a character set whose bytes may be quotes', () => {
    const { send, reply } = scripted({ after });
    send(query('set names gbk'));
    expect(() => reply(server.ok(1, { changes: { character_set_client: 'gbk' } }))).toThrow(Refused);
  });

  it('are decoded in the session\'s character set', () => {
    const { send, reply, pump, machine } = scripted({ after });
    send(query('set names latin1'));
    reply(server.ok(1, { changes: { character_set_client: 'latin1' } }));
    machine.receive(packets(0, Buffer.concat([Buffer.of(3), Buffer.from('select \'\xe9\x80\'', 'latin1')])));
    expect(texts(pump())).toEqual(['select \'é€\'']);
  });

  it('may have any bytes for values, each of which can be told; names may not', () => {
    const { send, atServer, atClient } = scripted();
    expect(texts(send(packets(0, Buffer.from('\x03select \'\0\xff\'', 'latin1'))))).toEqual(['select \'\uef00\uefff\'']);
    expect(atServer()).toHaveLength(1);
    send(of(Command.InitDb, Buffer.of(0xff)), of(Command.FieldList, Buffer.of(0xff, 0)));
    expect(atServer()).toEqual([]);
    expect(atClient()).toEqual([]);
  });

  it('wait, behind an error, until the server was asked: it tells nothing of what was set before it', () => {
    const { send, pump, reply, atServer } = scripted({ after });
    send(query('set sql_mode=ansi_quotes, x=y'), query('select "a"'));
    reply(server.err(1, 'no'));
    atServer();
    expect(pump()).toEqual([]);
    expect(atServer()[0]).toContain('SET SESSION session_track_system_variables');
  });

  it('are refused over the limit, and with a NUL in them where no value may have it', () => {
    const { send, atClient, atServer } = scripted({ limits: { messageBytes: 1 << 20, statementBytes: 100 } });
    send(query(`select '${'x'.repeat(100)}'`));
    expect(atClient().map((line) => line.slice(0, 4))).toEqual(['1 ff']);
    expect(atServer()).toEqual([]);
    const latin1 = scripted({ settings: new Map([...SETTINGS, ['character_set_client', 'latin1']]) });
    latin1.send(query('select \'\0\''));
    expect(latin1.atClient().map((line) => line.slice(0, 4))).toEqual(['1 ff']);
  });
});

describe('a prepared statement', () => {
  function prepared(parameters = 1) {
    const all = scripted({ after: (text) => (text.startsWith('set') ? 'told' : 'same') });
    all.send(prepare('delete from t where id = ?'));
    all.reply(server.prepareOk(1, 7, { parameters }), ...Array.from({ length: parameters }, (_, index) => server.definition(2 + index, '?')));
    all.atServer();
    all.atClient();
    return all;
  }
  const given = (step: Step | undefined): string[] => (step?.statements[0]?.parameters ?? []).map(({ bytes, type }) => `${bytes === null ? 'NULL' : bytes.toString()}:${type}`);

  it('is judged with each execution\'s values', () => {
    const { machine, told, reply, send } = prepared();
    machine.receive(execute(7, [values.long(-5)]));
    const step = machine.next() as Step;
    expect(given(step)).toEqual(['-5:3']);
    expect(step.statements[0]).toMatchObject({ arrival: 'com_stmt_execute', source: { text: 'delete from t where id = ?', reading: { key: 'STRICT_TRANS_TABLES|shop' } } });
    step.statements.forEach((each) => (each.after = 'same'));
    machine.forward(step);
    send();
    reply(server.ok(1, { affected: 3 }));
    expect(told.ended.at(-1)).toMatchObject({ outcome: { tag: 'OK 3', rows: 0 } });
    machine.receive(execute(7, [values.long(6)], { typed: false }));
    expect(given(machine.next() as Step)).toEqual(['6:3']);
  });

  it('whose types came with a refused execution is sent with them the next time', () => {
    const { machine, refuse, send, atServer } = prepared();
    machine.receive(execute(7, [values.text('x')]));
    refuse();
    send(execute(7, [values.text('y')], { typed: false }));
    expect(atServer()).toEqual(['0 17 ..............y']);
    send(execute(7, [values.text('z')], { typed: false }));
    expect(atServer()).toEqual(['0 17 ............z']);
  });

  it('is unknown by a number that no reply told, also while a reply is awaited', () => {
    const { machine, send, reply, atServer } = scripted();
    send(prepare('select 1'), execute(1));
    expect(machine.next()).toBe('unsettled');
    expect(atServer()).toEqual(['0 16 select 1']);
    reply(server.prepareOk(1, 9));
    const step = machine.next() as Step;
    expect(step.refusal?.code).toBe('unknown_statement');
    send();
    expect(atServer()).toEqual([]);
  });

  it('prepared last is the one the server is told', () => {
    const { send, reply, pump, atServer } = scripted();
    send(prepare('select 1'), execute(LAST_PREPARED));
    atServer();
    reply(server.prepareOk(1, 0x01020304));
    expect(texts(pump())).toEqual(['select 1']);
    expect(atServer()).toEqual(['0 17 .........']);
    send(prepare('nonsense'), execute(LAST_PREPARED));
    reply(server.ok(1));
    reply(server.err(1, 'syntax'));
    expect(pump()[0]?.refusal?.code).toBe('unknown_statement');
  });

  it('is gone when it was closed', () => {
    const { send, atServer, atClient } = prepared();
    send(statement(Command.StmtClose, 7), execute(7, [values.long(1)]));
    expect(atServer()).toEqual(['0 19 ....']);
    expect(atClient()[0]).toContain('#HY000unknown prepared statement handler');
  });

  it('can\'t be executed when the session reads texts in another way by now: the server may read it again', () => {
    const { send, reply, atServer, atClient } = prepared();
    send(query('set sql_mode=ansi_quotes'));
    reply(server.ok(1, { changes: { sql_mode: 'ANSI_QUOTES' } }));
    atServer();
    atClient();
    send(execute(7, [values.long(1)]));
    expect(atServer()).toEqual([]);
    expect(atClient()[0]).toMatch(/^1 ff .*prepared while/);
  });

  it.each([
    ['too few bytes', commands.of(Command.StmtExecute, Buffer.from([7, 0, 0, 0, 0, 1, 0, 0, 0, 0, 1, 3, 0, 1]))],
    ['bytes behind its values', packets(0, Buffer.concat([execute(7, [values.long(1)]).subarray(4), Buffer.from('x')]))],
    ['no types', execute(7, [values.long(1)], { typed: false })],
    ['a type nobody knows', execute(7, [[77, Buffer.of(1)]])],
    ['a length that lies', execute(7, [[253, Buffer.from([0xfe, 255, 255, 255, 255, 255, 255, 255, 255])]])],
    ['NULL as a length', execute(7, [[253, Buffer.of(0xfb)]])],
    ['a date of 5 bytes', execute(7, [[10, Buffer.from([5, 1, 2, 3, 4, 5])]])],
    ['neither typed nor untyped', commands.of(Command.StmtExecute, Buffer.from([7, 0, 0, 0, 0, 1, 0, 0, 0, 0, 2, 3, 0, 1, 0, 0, 0]))],
  ])('with %s is refused, and the connection goes on', (_, bytes) => {
    const { send, atServer, atClient, machine } = prepared();
    send(bytes);
    expect(atServer()).toEqual([]);
    expect(atClient()[0]).toMatch(/^1 ff/);
    expect(machine.quiet).toBe(true);
  });

  it('with values sent ahead is judged with them, and they reach the server with the execution only', () => {
    const { machine, send, atServer, told, reply } = prepared(2);
    const long = (text: string) => statement(Command.StmtSendLongData, 7, Buffer.concat([Buffer.of(1, 0), Buffer.from(text)]));
    send(long('sent '), long('ahead'));
    expect(atServer()).toEqual([]);
    expect(machine.backlog).toBe(10);
    machine.receive(packets(0, Buffer.concat([execute(7, [values.long(1), [252, null]]).subarray(4, 14), Buffer.of(0, 1, 3, 0, 252, 0, 1, 0, 0, 0)])));
    const step = machine.next() as Step;
    expect(step.statements[0]?.parameters.map(({ bytes }) => bytes?.toString())).toEqual(['1', 'sent ahead']);
    machine.forward(step);
    expect(atServer().map((line) => line.slice(0, 4))).toEqual(['0 18', '0 18', '0 17']);
    expect(machine.backlog).toBe(0);
    reply(server.ok(1));
    expect(told.ended).toHaveLength(1);
  });

  it('that is refused forgets the values sent ahead, and so does a reset', () => {
    const { machine, send, refuse, atServer } = prepared();
    const long = statement(Command.StmtSendLongData, 7, Buffer.from([0, 0, 0x41]));
    send(long);
    machine.receive(packets(0, Buffer.concat([execute(7, [[252, null]]).subarray(4, 14), Buffer.of(0, 1, 252, 0)])));
    refuse();
    send(long, statement(Command.StmtReset, 7), execute(7, [values.text('x')]));
    expect(atServer().map((line) => line.slice(0, 4))).toEqual(['0 1a', '0 17']);
  });

  it('with more sent ahead than the limit allows is refused, and no more of it is kept', () => {
    const { send, machine, reply, atClient } = scripted({ limits: { messageBytes: 1000, statementBytes: 1000 } });
    send(prepare('insert into t values (?)'));
    reply(server.prepareOk(1, 7, { parameters: 1 }), server.definition(2));
    atClient();
    for (let index = 0; index < 10; index++) send(statement(Command.StmtSendLongData, 7, Buffer.alloc(500)));
    expect(machine.backlog).toBeLessThanOrEqual(1500);
    send(packets(0, Buffer.concat([execute(7, [[252, null]]).subarray(4, 14), Buffer.of(0, 1, 252, 0)])));
    expect(atClient()[0]).toContain('sent ahead');
    expect(machine.backlog).toBe(0);
  });

  it('executed in bulk is judged with all rows', () => {
    const bulk = scripted({ client: { flags: BASE | Capability.DeprecateEof, extended: MariaDbCapability.StmtBulkOperations } });
    bulk.send(prepare('insert into t values (?, ?)'));
    bulk.reply(server.prepareOk(1, 7, { parameters: 2 }), server.definition(2), server.definition(3));
    bulk.machine.receive(statement(Command.StmtBulkExecute, 7, Buffer.from([128, 0, 3, 0, 253, 0, 0, 1, 0, 0, 0, 1, 0, 2, 0, 0, 0, 0, 1, 0x62, 2, 3])));
    const step = bulk.machine.next() as Step;
    expect(given(step)).toEqual(['1:3', 'NULL:253', '2:3', 'b:253', 'DEFAULT:65538', 'IGNORE:65539']);
    const plain = prepared();
    plain.send(statement(Command.StmtBulkExecute, 7, Buffer.from([0, 0])));
    expect(plain.atClient()[0]).toContain('not supported');
  });

  it('with a cursor goes on with its run, which is judged again', () => {
    const { machine, send, reply, told, pump } = prepared(0);
    const status = ServerStatus.Autocommit | ServerStatus.CursorExists;
    send(execute(7, [], { cursor: true }), statement(Command.StmtFetch, 7, Buffer.from([10, 0, 0, 0])));
    expect(machine.next()).toBe('unsettled');
    reply(server.rows(1, [], { status }));
    expect(told.ended.at(-1)?.outcome).toMatchObject({ suspended: true });
    const [step] = pump();
    expect(step?.continues[0]?.source.text).toBe('delete from t where id = ?');
    reply(server.row(1, 'a'), server.row(2, 'b'), server.ok(3, { header: 0xfe, status }));
    expect(told.ended.at(-1)?.outcome).toMatchObject({ suspended: true, rows: 2 });
    send(statement(Command.StmtFetch, 7, Buffer.from([10, 0, 0, 0])));
    reply(server.ok(1, { header: 0xfe, status: status | ServerStatus.LastRowSent }));
    expect(told.ended.at(-1)?.outcome).not.toHaveProperty('suspended');
    expect(machine.quiet).toBe(true);
  });

  it('without a cursor has nothing to fetch', () => {
    const { send, atClient } = prepared(0);
    send(statement(Command.StmtFetch, 7, Buffer.from([10, 0, 0, 0])));
    expect(atClient()[0]).toContain('no open cursor');
  });
});

describe('a name given by PREPARE', () => {
  function named(name: string, text = 'select 1') {
    const all = scripted({ after: (sent) => (sent.startsWith('prepare') || sent.startsWith('set') ? 'told' : 'same') });
    const run = (sent: string, changes?: Record<string, string>): void => {
      all.machine.receive(query(sent));
      const step = all.machine.next() as Step;
      for (const each of step.statements) {
        each.after = 'told';
        if (sent.startsWith('prepare')) each.names = [[{ use: 'prepare', name, text }]];
      }
      all.machine.forward(step);
      all.send();
      all.reply(server.ok(1, changes === undefined ? {} : { changes }));
    };
    run('prepare');
    return { ...all, run };
  }

  it('stands for its text whatever the case', () => {
    expect(named('P').machine.prepared('p')).toMatchObject({ text: 'select 1' });
    expect(named('p').machine.prepared('P')).toMatchObject({ text: 'select 1' });
    expect(named('p').machine.prepared('q')).toBe('unknown');
  });

  it('in a batch with a routine, whose results nobody can count, makes all unknown', () => {
    const { machine, send, reply } = scripted();
    machine.receive(query('call p(); prepare q from \'select 1\''));
    const step = machine.next() as Step;
    for (const each of step.statements) Object.assign(each, { after: 'unknown', names: [[], [{ use: 'prepare', name: 'q', text: 'select 1' }]] });
    machine.forward(step);
    send();
    const more = ServerStatus.MoreResultsExist;
    reply(server.ok(1, { status: more }), server.ok(2, { status: more }), server.err(3, 'the procedure failed'));
    expect(machine.prepared('q')).toBe('unknown');
  });

  it('that the server\'s collation may take for another one makes all unknown', () => {
    expect(named('é').machine.prepared('e')).toBe('unknown');
    expect(named('é').machine.prepared('é')).toBe('unknown');
  });

  it('is unknown when texts are read in another way by now', () => {
    const { machine, run } = named('p');
    run('set sql_mode=ansi_quotes', { sql_mode: 'ANSI_QUOTES' });
    expect(machine.prepared('p')).toBe('unknown');
  });
});

describe('a connection that begins anew', () => {
  it('has forgotten what was prepared and set, and is asked how it reads texts', () => {
    const { send, reply, told, atServer, atClient, machine } = scripted();
    send(prepare('select 1'));
    reply(server.prepareOk(1, 7));
    send(of(Command.ResetConnection), execute(7));
    expect(machine.next()).toBe('unsettled');
    atServer();
    reply(server.ok(1));
    expect(told.resets).toBe(1);
    expect(machine.next()).toBe('unsettled');
    expect(atServer()).toHaveLength(2);
    atClient();
    reply(server.ok(1), server.raw(1, 6), ...[2, 3, 4, 5, 6, 7].map((sequence) => server.definition(sequence)), server.row(8, 'A', 'utf8mb4', 'utf8mb4', 'utf8mb4', 'x', null), server.ok(9, { header: 0xfe }));
    send();
    expect(atClient()).toEqual([expect.stringContaining('unknown prepared statement')]);
    expect(machine.quiet).toBe(true);
    // All of them are told again, for the session has forgotten them, too.
    expect(told.settings).toContain('character_set_client=utf8mb4');
    expect(told.settings).toHaveLength(6);
  });
});

describe('commands that can\'t be judged', () => {
  const refused = [Command.BinlogDump, Command.BinlogDumpGtid, Command.TableDump, Command.RegisterSlave, Command.Debug, Command.Shutdown, Command.CreateDb, Command.DropDb, Command.Refresh, Command.Daemon, Command.Clone, Command.Sleep, Command.Time, Command.SlaveWorker, 0x7f, 0xff];

  it.each(refused)('%i is refused, and the connection goes on', (command) => {
    const { send, atServer, atClient } = scripted();
    send(of(command, Buffer.from('anything')), of(Command.Ping));
    expect(atServer()).toEqual(['0 0e']);
    expect(atClient()[0]).toMatch(/^1 ff .*#42000command/);
  });

  it('COM_CHANGE_USER is refused in its place, and the connection ends with that: nothing behind it is even looked at', () => {
    const { machine, send, reply, told, atServer, atClient } = scripted();
    send(query('select 1'), of(Command.ChangeUser, Buffer.from('other\0\0shop\0')), query('delete from t'));
    expect(machine.next()).toBe('unsettled');
    expect(atServer()).toEqual(['0 03 select 1']);
    expect(() => reply(server.rows(1, ['1']))).toThrow(Refused);
    expect(atServer()).toEqual([]);
    expect(atClient().at(-1)).toMatch(/^1 ff .*#42000command ChangeUser/);
    expect(machine.fatal({ code: 'unsupported', message: 'the same once more' })).toHaveLength(0);
    expect(told.ended).toHaveLength(1);
  });

  it('an empty packet is one of them', () => {
    const { send, atClient } = scripted();
    send(packets(0, Buffer.alloc(0)));
    expect(atClient()[0]).toMatch(/^1 ff/);
  });

  it('are judged as the statements they stand for where there are any', () => {
    const { send, reply } = scripted();
    expect(texts(send(of(Command.ProcessInfo)))).toEqual(['SHOW PROCESSLIST']);
    reply(server.rows(1, []));
    expect(texts(send(of(Command.ProcessKill, Buffer.from([5, 0, 0, 0]))))).toEqual(['KILL 5']);
    reply(server.err(1, 'no such thread'));
    expect(texts(send(of(Command.FieldList, Buffer.from('t`; drop\0%'))))).toEqual(['SHOW COLUMNS FROM `t``; drop`']);
    reply(server.definition(1), server.definition(2), server.ok(3, { header: 0xfe }));
    expect(send(of(Command.Statistics))).toHaveLength(1);
    reply(server.raw(1, Buffer.from('Uptime: 1')));
  });
});

describe('packets of the client', () => {
  it.each([
    ['that begin with another id than 0', packets(1, Buffer.from('\x03select 1'))],
    ['whose second packet is out of order', Buffer.concat([packets(0, Buffer.concat([Buffer.of(3), Buffer.alloc(MAX_PAYLOAD - 1, 32)])).subarray(0, MAX_PAYLOAD + 4), packets(5, Buffer.alloc(0))])],
  ])('%s end the connection', (_, bytes) => {
    const { machine } = scripted({ limits: { messageBytes: 32 << 20, statementBytes: 1 << 20 } });
    expect(() => machine.receive(bytes)).toThrow(Malformed);
  });

  it('over the limit are refused before memory is spent', () => {
    const { machine } = scripted({ limits: { messageBytes: 1000, statementBytes: 1000 } });
    expect(() => machine.receive(Buffer.from([0xe9, 3, 0, 0]))).toThrow(Refused);
    const { machine: other } = scripted({ limits: { messageBytes: MAX_PAYLOAD + 100, statementBytes: 1000 } });
    other.receive(packets(0, Buffer.alloc(MAX_PAYLOAD, 3)).subarray(0, MAX_PAYLOAD + 4));
    expect(() => other.receive(Buffer.from([0xff, 0, 0, 1]))).toThrow(Refused);
  });
});

describe('what we do ourselves', () => {
  it('is answered in its place with the session\'s own status', () => {
    const { machine, send, reply, atClient, atServer } = scripted();
    send(query('begin'));
    machine.receive(query('kill query 5'));
    machine.satisfy(machine.next() as Step);
    reply(server.ok(1, { status: ServerStatus.InTransaction | ServerStatus.Autocommit }));
    expect(atServer()).toEqual(['0 03 begin']);
    expect(atClient()).toEqual(['1 00 ......', '1 00 ......']);
  });
});

describe('a held command', () => {
  it('shows a MariaDB client that it waits, and later packets are numbered on from there', () => {
    const progress = scripted({ client: { flags: BASE | Capability.DeprecateEof, extended: MariaDbCapability.Progress }, upstream: { extended: 0 } });
    progress.machine.receive(query('create table t (id int)'));
    const step = progress.machine.next() as Step;
    progress.machine.notice('held for approval as req_1');
    progress.send();
    expect(step.statements).toHaveLength(1);
    progress.reply(server.ok(1));
    expect(progress.atClient().map((line) => line.slice(0, 4))).toEqual(['1 ff', '2 00']);
    progress.machine.receive(query('create table u (id int)'));
    progress.machine.next();
    progress.machine.notice('held');
    progress.refuse();
    expect(progress.atClient().map((line) => line.slice(0, 4))).toEqual(['1 ff', '2 ff']);
  });

  it('gets its last word with the right sequence id when the session ends', () => {
    const { machine } = scripted();
    machine.receive(query('create table t (id int)'));
    machine.next();
    expect(machine.fatal({ code: 'shutting_down', message: 'bye' })[3]).toBe(1);
    const idle = scripted();
    expect(idle.machine.fatal({ code: 'idle_timeout', message: 'bye' })[3]).toBe(0);
    const running = scripted();
    running.send(query('select 1'));
    running.reply(server.raw(1, 1), server.definition(2), server.row(3, 'a'));
    expect(running.machine.fatal({ code: 'session_killed', message: 'bye' })[3]).toBe(4);
    running.reply(server.row(4, 'x'.repeat(30_000)).subarray(0, 20_000));
    expect(running.machine.fatal({ code: 'session_killed', message: 'bye' })).toHaveLength(0);
  });
});
