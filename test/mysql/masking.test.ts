/** Forms, masked rows and scrubbed messages, with a server that says what the test has it say. */

import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Veil } from '../../src/masking/veil.ts';
import { Capability, MariaDbCapability, ServerStatus } from '../../src/mysql/packets/capabilities.ts';
import { Command } from '../../src/mysql/packets/commands.ts';
import { MAX_PAYLOAD, packets } from '../../src/mysql/packets/frame.ts';
import { PacketWriter } from '../../src/mysql/packets/writer.ts';
import { scrubbedMessage, SCRUBBED } from '../../src/mysql/scrub.ts';
import { Refused } from '../../src/protocol/refusal.ts';
import type { Step } from '../../src/protocol/statement.ts';
import { sightOf, veilOf } from '../support/veils.ts';
import { BASE, commands, lines, type Scripted, type ScriptedOptions, scripted, server, SETTINGS, values } from './scripted.ts';

const { query, prepare, execute, statement } = commands;
const sight = sightOf({ 'shop.t': { secret: 'varchar(20)', number: 'int' } });
const masked: ScriptedOptions = { veil: () => veilOf(sight, { touches: false }) };
const old: ScriptedOptions = { ...masked, client: { flags: BASE }, upstream: { flags: BASE | Capability.SessionTrack } };
const limits = { messageBytes: 64 << 20, statementBytes: 1 << 20 };

function definition(sequence: number, name: string, { table = 't', type = 253, schema = 'shop', label = name }: { table?: string; type?: number; schema?: string; label?: string } = {}): Buffer {
  const writer = new PacketWriter().lenencString('def');
  for (const part of [schema, table, table, label, name]) writer.lenencString(part);
  return packets(sequence, writer.lenencInt(0x0c).int2(45).int4(80).int1(type).int2(0).int1(0).int2(0).take());
}

/** A result of `id`, `secret` and `tail`, of the payloads. */
function result(rows: readonly Uint8Array[], { deprecateEof = true, status = ServerStatus.Autocommit, from = 1 }: { readonly deprecateEof?: boolean; readonly status?: number; readonly from?: number } = {}): Buffer {
  let next = from;
  const parts = [server.raw(next++, 3), definition(next++, 'id', { type: 3 }), definition(next++, 'secret'), definition(next++, 'tail')];
  if (!deprecateEof) parts.push(server.eof(next++, status));
  for (const row of rows) {
    parts.push(packets(next, row));
    next += Math.floor(row.length / MAX_PAYLOAD) + 1;
  }
  parts.push(deprecateEof ? server.ok(next & 0xff, { status, header: 0xfe }) : server.eof(next & 0xff, status));
  return Buffer.concat(parts);
}

const text = (...cells: readonly (string | Uint8Array | null)[]): Buffer => {
  const writer = new PacketWriter();
  for (const cell of cells) if (cell === null) writer.int1(0xfb); else writer.lenencString(cell);
  return writer.take();
};

/** NULLs, by bit: id 4, secret 8, tail 16. */
const binary = (id: number | null, secret: string | Uint8Array | null, tail: string | null): Buffer => {
  const writer = new PacketWriter().int1(0).int1((id === null ? 4 : 0) | (secret === null ? 8 : 0) | (tail === null ? 16 : 0));
  if (id !== null) writer.int4(id);
  if (secret !== null) writer.lenencString(secret);
  if (tail !== null) writer.lenencString(tail);
  return writer.take();
};

const inPieces = ({ reply }: Scripted, bytes: Buffer, sizes: readonly number[]): void => {
  for (let at = 0, index = 0; at < bytes.length; index++) {
    const size = sizes[index % sizes.length] as number;
    reply(bytes.subarray(at, at + size));
    at += size;
  }
};

function preparedAs(conversation: Scripted, id = 1): void {
  conversation.send(prepare('select * from t'));
  conversation.reply(server.prepareOk(1, id, { columns: 0 }));
  conversation.clientBytes();
}

describe('rows', () => {
  const cell = fc.option(fc.oneof(fc.string({ maxLength: 30 }), fc.integer({ min: 240, max: 300 }).map((size) => 'x'.repeat(size)), fc.constant('y'.repeat(70_000))), { nil: null });
  const chunks = fc.array(fc.oneof({ weight: 3, arbitrary: fc.integer({ min: 1, max: 40 }) }, fc.integer({ min: 1, max: 100_000 })), { minLength: 1, maxLength: 6 });

  it.each([[masked, true], [old, false]] as const)('of text are masked whatever the chunks (%#)', (options, deprecateEof) => {
    fc.assert(fc.property(fc.array(fc.tuple(cell, cell, cell), { maxLength: 300 }), chunks, (rows, sizes) => {
      const conversation = scripted(options);
      conversation.send(query('select * from t'));
      inPieces(conversation, result(rows.map((row) => text(...row)), { deprecateEof }), sizes);
      const wanted = result(rows.map(([a, b, c]) => text(a, b === null ? null : '***', c)), { deprecateEof });
      expect(conversation.clientBytes().equals(wanted)).toBe(true);
      expect(conversation.told.ended[0]?.outcome.rows).toBe(rows.length);
      expect(conversation.machine.quiet).toBe(true);
    }), { numRuns: 40 });
  });

  it('that are binary are masked whatever the chunks', () => {
    const id = fc.option(fc.integer({ min: 0, max: 2 ** 31 - 1 }), { nil: null });
    fc.assert(fc.property(fc.array(fc.tuple(id, cell, cell), { maxLength: 100 }), chunks, (rows, sizes) => {
      const conversation = scripted(masked);
      preparedAs(conversation);
      conversation.send(execute(1));
      inPieces(conversation, result(rows.map((row) => binary(...row))), sizes);
      expect(conversation.clientBytes().equals(result(rows.map(([a, b, c]) => binary(a, b === null ? null : '***', c))))).toBe(true);
    }), { numRuns: 40 });
  });

  it('byte by byte, too', () => {
    const conversation = scripted(masked);
    conversation.send(query('select * from t'));
    inPieces(conversation, result([text('1', 'ada', 'x'), text(null, null, null)]), [1]);
    expect(conversation.clientBytes().equals(result([text('1', '***', 'x'), text(null, null, null)]))).toBe(true);
  });

  it('masked even where they are NULL become values', () => {
    const hiding = sightOf({ 'shop.t': { secret: 'varchar(20)' } }, { hideNulls: true });
    const conversation = scripted({ veil: () => veilOf(hiding, { touches: false }) });
    preparedAs(conversation);
    conversation.send(execute(1));
    conversation.reply(result([binary(1, null, 'x'), binary(null, null, null)]));
    expect(conversation.clientBytes().equals(result([binary(1, '***', 'x'), binary(null, '***', null)]))).toBe(true);
  });

  it('whose mask doesn\'t fit the type become NULL', () => {
    const wrong = sightOf({ 'shop.t': { id: 'varchar(20)' } });
    const conversation = scripted({ veil: () => veilOf(wrong, { touches: false }) });
    preparedAs(conversation);
    conversation.send(execute(1));
    conversation.reply(result([binary(1, 'a', 'x')]));
    expect(conversation.clientBytes().equals(result([binary(null, 'a', 'x')]))).toBe(true);
  });

  it('over 16 MiB are collected, masked and numbered anew, and what follows is, too', () => {
    const large = 'z'.repeat(MAX_PAYLOAD + 100);
    const rows: [string, string, string][] = [['1', large, 'x'], ['2', 'b', large], ['3', large, large], ['4', 'd', 'y'.repeat(20_000)], ['5', 'e', 'z']];
    for (const deprecateEof of [true, false]) {
      const conversation = scripted({ ...(deprecateEof ? masked : old), limits });
      conversation.send(query('select * from t; select * from t'));
      const MORE = ServerStatus.Autocommit | ServerStatus.MoreResultsExist;
      const first = result(rows.map((row) => text(...row)), { deprecateEof, status: MORE });
      inPieces(conversation, first, [1_000_003, 4, 5_000_000]);
      const wanted = result(rows.map(([a, , c]) => text(a, '***', c)), { deprecateEof, status: MORE });
      expect(conversation.clientBytes().equals(wanted)).toBe(true);
      const behind = (bytes: Buffer): number => Number(lines(bytes).at(-1)?.split(' ')[0]) + 1;
      conversation.reply(result([text('6', 'f', 'g')], { deprecateEof, from: behind(first) }));
      expect(conversation.clientBytes().equals(result([text('6', '***', 'g')], { deprecateEof, from: behind(wanted) }))).toBe(true);
      expect(conversation.machine.quiet).toBe(true);
    }
  });

  it('over the limit end the session with a sentence, in the row\'s place', () => {
    const conversation = scripted(masked);
    conversation.send(query('select * from t'));
    expect(() => conversation.reply(result([text('1', 'a', 'b'), text('2', 'ada@x', 'x'.repeat(2 << 20))]))).toThrow(Refused);
    conversation.machine.sent();
    const said = Buffer.concat([...conversation.machine.toClient.take(), conversation.machine.fatal({ code: 'too_large', message: 'too large' })]);
    expect(lines(said).at(-1)).toMatch(/^6 ff .*too large/);
    expect(said.includes('ada@x')).toBe(false);
  });

  it.each([
    ['a length beyond the row', Buffer.from([1, 0x31, 200, 1])], ['no second column', text('1')], ['a cut length', Buffer.from([1, 0x31, 0xfc, 1])], ['0xff for a length', Buffer.from([1, 0x31, 0xff])],
  ])('with %s are not delivered', (_, row) => {
    const conversation = scripted(masked);
    conversation.send(query('select * from t'));
    expect(() => conversation.reply(result([row]))).toThrow(Refused);
    expect(lines(conversation.machine.fatal({ code: 'internal', message: 'x' }))).toHaveLength(1);
  });

  it('without masked columns, or without a veil, go on as they came, in the chunk they came in', () => {
    for (const veil of [undefined, veilOf(sightOf({ 'shop.other': { secret: 'text' } }), { touches: false })]) {
      const { machine } = scripted();
      machine.receive(query('select * from t'));
      const step = machine.next();
      for (const one of step === 'unsettled' || step === undefined ? [] : step.statements) one.veil = veil;
      machine.forward(step as never);
      machine.toDatabase.take();
      machine.sent();
      const chunk = result([text('1', 'a', 'b')]);
      machine.reply(chunk);
      expect(machine.toClient.take()[0]).toBe(chunk);
    }
  });

  it('of a cursor are masked by the definitions that its opening gave', () => {
    for (const options of [masked, old]) {
      const deprecateEof = options === masked;
      const conversation = scripted(options);
      preparedAs(conversation);
      conversation.send(execute(1, [], { cursor: true }));
      const status = ServerStatus.Autocommit | ServerStatus.CursorExists;
      const head = [server.raw(1, 3), definition(2, 'id', { type: 3 }), definition(3, 'secret'), definition(4, 'tail')];
      conversation.reply(...head, deprecateEof ? server.ok(5, { status, header: 0xfe }) : server.eof(5, status));
      conversation.clientBytes();
      conversation.send(statement(Command.StmtFetch, 1, Buffer.from([2, 0, 0, 0])));
      const end = deprecateEof ? server.ok(2, { status, header: 0xfe }) : server.eof(2, status);
      conversation.reply(packets(1, binary(1, 'ada', 'x')), end);
      expect(conversation.clientBytes().equals(Buffer.concat([packets(1, binary(1, '***', 'x')), end]))).toBe(true);
    }
  });

  it('whose definitions are left out are not delivered', () => {
    const extended = MariaDbCapability.CacheMetadata;
    const conversation = scripted({ ...masked, client: { extended, flags: BASE | Capability.DeprecateEof } });
    preparedAs(conversation);
    conversation.send(execute(1));
    expect(() => conversation.reply(server.raw(1, 3, 0), packets(2, binary(1, 'ada', 'x')))).toThrow(Refused);
    expect(conversation.clientBytes().includes('ada')).toBe(false);
  });

  it('that describe are shown, in words of the server\'s; plans that show values aren\'t', () => {
    for (const [sql, columns, shown] of [
      ['SHOW CREATE TABLE t', 2, true], ['explain update t set a = 1', 2, true], ['DESC t', 2, true], ['ANALYZE TABLE t', 2, true], ['EXPLAIN SELECT * FROM t', 1, false], ['explain format=json update t set a = 1', 2, false],
      ['EXPLAIN ANALYZE DELETE FROM t', 2, false], ['ANALYZE UPDATE t SET a = 1', 2, false], ['SHOW CREATE TABLE t; SELECT MAX(secret) FROM t', 2, false], ['CALL p()', 2, false],
    ] as const) {
      const conversation = scripted({ veil: () => veilOf(sight) });
      conversation.send(query(sql));
      const definitions = Array.from({ length: columns }, (_, index) => definition(2 + index, 'x', { table: '' }));
      const reply = (): void => conversation.reply(server.raw(1, columns), ...definitions, packets(2 + columns, text('ada', null)));
      if (shown) expect(reply, sql).not.toThrow();
      else expect(reply, sql).toThrow(Refused);
    }
  });

  it('of an expression, in a statement that touches masked columns and runs as it is, are not delivered; nor what is called like one', () => {
    for (const [table, name, shown] of [['', 'x', undefined], ['', 'EXPLAIN', undefined], ['alias', 'SECRET', '***'], ['alias', 'id', 'ada']] as const) {
      const conversation = scripted({ veil: () => veilOf(sight) });
      conversation.send(query('delete from t returning x'));
      const reply = (): void => conversation.reply(server.raw(1, 1), definition(2, name, { table }), packets(3, text('ada')), server.ok(4, { header: 0xfe }));
      if (shown === undefined) expect(reply).toThrow(Refused);
      else {
        reply();
        expect(lines(conversation.clientBytes())[2]).toContain(shown);
      }
    }
  });
});

describe('a form', () => {
  const FORM = 'select * from (select \'***\' as secret) t';
  const forms = (form: () => string | undefined): ScriptedOptions => ({ veil: (): Veil => ({ sight, touches: true, form: form() === undefined ? undefined : { text: form() as string, edits: [] } }) });

  it('is sent in the place of a query and of what is prepared', () => {
    const { send, atServer } = scripted(forms(() => FORM));
    send(query('select * from t'), prepare('select * from t'));
    expect(atServer()).toEqual([`0 03 ${FORM}`, `0 16 ${FORM}`]);
  });

  it('of 16 MiB and more is split, and the reply numbered as the client counts; and the other way round', () => {
    const large = `select '${'x'.repeat(MAX_PAYLOAD)}'`;
    const more = scripted(forms(() => large));
    more.send(query('select 1'));
    expect(more.atServer().map((line) => line.slice(0, 4))).toEqual(['0 03', '1 78']);
    more.reply(server.ok(2));
    expect(more.atClient()).toEqual([expect.stringMatching(/^1 00/)]);
    const fewer = scripted({ ...forms(() => FORM), limits: { messageBytes: 64 << 20, statementBytes: 64 << 20 } });
    fewer.send(query(large));
    expect(fewer.atServer()).toHaveLength(1);
    fewer.reply(server.err(1, 'no', 1146));
    expect(fewer.atClient()).toEqual([expect.stringMatching(/^2 ff/)]);
  });

  it('is written in the session\'s character set, or refused', () => {
    const latin1 = new Map([...SETTINGS, ['character_set_client', 'latin1']]);
    const { machine } = scripted({ settings: latin1 });
    machine.receive(query('x'));
    const step = machine.next() as Step;
    for (const one of step.statements) one.veil = veilOf(sight, { form: 'select \'é€\'' });
    machine.forward(step);
    expect(Buffer.concat(machine.toDatabase.take()).toString('latin1')).toContain('select \'\xe9\x80\'');
    for (const [charset, form] of [['latin1', 'ж'], ['ascii', 'é']] as const) {
      const refused = scripted({ ...forms(() => form), settings: new Map([...SETTINGS, ['character_set_client', charset]]) });
      refused.send(query('select secret from t'), prepare('select secret from t'));
      expect(refused.atServer()).toEqual([]);
      expect(refused.atClient()).toEqual([expect.stringMatching(/^1 ff .*so that columns are masked, can't/), expect.stringMatching(/^1 ff .*so that columns are masked, can't/)]);
      expect(refused.told.ended).toEqual([{ text: 'select secret from t', outcome: { rows: 0, bytes: 0, error: { code: '42000', message: expect.stringContaining('character set') as string } } }]);
      expect(refused.machine.quiet).toBe(true);
    }
  });

  it('that was prepared otherwise isn\'t executed, by its number or as the last one; nor in bulk', () => {
    for (const bulk of [false, true]) {
      let form: string | undefined;
      const conversation = scripted({ ...forms(() => form), client: { extended: MariaDbCapability.StmtBulkOperations, flags: BASE | Capability.DeprecateEof } });
      conversation.send(prepare('select * from t where id = ?'));
      conversation.reply(server.prepareOk(1, 7, { parameters: 1 }), definition(2, '?'));
      conversation.atServer();
      conversation.atClient();
      const run = (id: number): Buffer => (bulk
        ? packets(0, new PacketWriter().int1(Command.StmtBulkExecute).int4(id).int2(128).int2(3).int1(0).int4(1).take())
        : execute(id, [values.long(1)]));
      for (const now of [FORM, `${FORM} `]) {
        form = now;
        for (const id of [7, 0xffff_ffff]) conversation.send(run(id));
        expect(conversation.atServer()).toEqual([]);
        expect(conversation.atClient().join()).toMatch(/^1 ff O.*has changed since.*1 ff O.*has changed since/);
      }
      form = undefined;
      conversation.send(run(7));
      expect(conversation.atServer()).toHaveLength(1);
    }
  });

  it('is taken back like any command when the journal can\'t be written', () => {
    const { machine, atServer, atClient, pump } = scripted(forms(() => FORM));
    machine.receive(Buffer.concat([query('select secret from t'), prepare('select secret from t')]));
    for (let step = machine.next(); step !== undefined && step !== 'unsettled'; step = machine.next()) {
      for (const one of step.statements) Object.assign(one, { veil: veilOf(sight, { form: FORM }), after: 'same' });
      for (const { source } of step.prepares) source.veil = veilOf(sight, { form: FORM });
      machine.forward(step);
    }
    expect(machine.recall({ code: 'journal_unavailable', message: 'no journal' })).toHaveLength(2);
    pump();
    expect(atServer()).toEqual([]);
    expect(atClient()).toEqual([expect.stringContaining('no journal'), expect.stringContaining('no journal')]);
    expect(machine.quiet).toBe(true);
  });

  it('stands for COM_PROCESS_INFO as a query, and COM_FIELD_LIST has none', () => {
    const { send, atServer } = scripted(forms(() => FORM));
    send(commands.of(Command.ProcessInfo));
    expect(atServer()).toEqual([`0 03 ${FORM}`]);
    const other = scripted(forms(() => FORM));
    other.send(commands.of(Command.FieldList, Buffer.from('t\0')));
    expect(other.atServer()).toEqual([]);
    expect(other.atClient()).toEqual([expect.stringContaining('FieldList')]);
  });
});

describe('messages', () => {
  const touching: ScriptedOptions = { veil: (statementText) => veilOf(sight, { touches: statementText.includes('t') }) };

  it.each([
    [1062, 'Duplicate entry \'ada@x\' for key \'t.by_email\'', 'Duplicate entry for key \'t.by_email\''],
    [1062, 'Duplicate entry \'a\' for key \'x\' for key \'PRIMARY\'', 'Duplicate entry for key \'PRIMARY\''],
    [1062, `Duplicate entry '${'s'.repeat(490)}' for key 'cut'`, 'Duplicate entry'],
    [1292, 'Truncated incorrect DOUBLE value: \'ada\'', SCRUBBED], [1366, 'Incorrect integer value: \'ada\'', SCRUBBED], [1690, 'BIGINT value is out of range in \'(7 + 9)\'', SCRUBBED],
    [1644, 'ada', SCRUBBED], [1105, 'XPATH syntax error: \'~ada\'', SCRUBBED], [1003, '/* select#1 */ select \'key\'', SCRUBBED], [64_000, 'ada', SCRUBBED],
    [1064, 'You have an error in your SQL syntax near \'ada\' at line 1', 'You have an error in your SQL syntax'],
    [1146, 'Table \'shop.x\' doesn\'t exist', 'Table \'shop.x\' doesn\'t exist'], [1213, 'Deadlock found', 'Deadlock found'], [4015, 'Window function is allowed only in SELECT list and ORDER BY clause', 'Window function is allowed only in SELECT list and ORDER BY clause'],
    [3593, 'You cannot use the window function \'rank\' in this context.\'', 'You cannot use the window function \'rank\' in this context.\''], [3819, 'Check constraint \'c\' is violated.', 'Check constraint \'c\' is violated.'],
  ])('%i %s', (errno, message, wanted) => expect(scrubbedMessage(errno, message)).toBe(wanted));

  it('are scrubbed for the client and for the journal, with errno and SQLSTATE kept', () => {
    const { send, reply, atClient, told } = scripted(touching);
    send(query('insert into t'));
    reply(server.err(1, 'Incorrect integer value: \'ada\'', 1366, 'HY000'));
    expect(atClient()).toEqual([`1 ff V.#HY000${SCRUBBED}`]);
    expect(told.ended[0]?.outcome.error).toEqual({ code: 'HY000', message: SCRUBBED });
  });

  it('are scrubbed behind a prepare and among rows', () => {
    const { send, reply, clientBytes } = scripted(touching);
    send(prepare('select t'), query('select t'));
    reply(server.err(1, 'ada', 1366), server.raw(1, 1), definition(2, 'id'), server.err(3, 'ada', 1690));
    expect(clientBytes().includes('ada')).toBe(false);
  });

  it('of OKs are kept where they count', () => {
    for (const [info, kept] of [['Rows matched: 1  Changed: 0  Warnings: 3', true], ['Records: 2  Duplicates: 0  Warnings: 0', true], ['Records: ada', false], ['ada', false]] as const) {
      const { send, reply, clientBytes, machine } = scripted({ ...touching, client: { flags: BASE | Capability.DeprecateEof | Capability.SessionTrack } });
      send(query('update t'));
      reply(server.ok(1, { info, affected: 300, changes: { sql_mode: 'ANSI' } }));
      expect(clientBytes().equals(server.ok(1, { info: kept ? info : '', affected: 300, changes: { sql_mode: 'ANSI' } }))).toBe(true);
      expect(machine.quiet).toBe(true);
    }
  });

  it('that the server keeps are scrubbed once anything touched masked columns, whatever asks for them', () => {
    const warnings = (from: number): Buffer => Buffer.concat([
      server.raw(from, 3), definition(from + 1, 'Level', { table: '', schema: '' }), definition(from + 2, 'Code', { table: '', schema: '', type: 3 }), definition(from + 3, 'Message', { table: '', schema: '' }),
      packets(from + 4, text('Warning', '1366', 'Incorrect: \'ada\'')), packets(from + 5, text('Note', '1051', 'Unknown table \'x\'')), server.ok(from + 6, { header: 0xfe }),
    ]);
    const { send, reply, clientBytes } = scripted(touching);
    send(query('show warnings'));
    reply(warnings(1));
    // Nothing has touched them so far, and veils that see nothing of it leave it.
    const before = clientBytes();
    send(query('update t'), query('SHOW ERRORS'));
    reply(server.ok(1), warnings(1));
    const after = clientBytes();
    expect(before.includes('ada')).toBe(true);
    expect(after.includes('ada')).toBe(false);
    expect(after.includes(SCRUBBED) && after.includes('Unknown table \'x\'')).toBe(true);
  });
});
