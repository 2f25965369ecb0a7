/** Statements that are prepared anew because what is masked has changed, with a server that says what the test has it say. */

import { describe, expect, it } from 'vitest';
import type { Veil } from '../../src/masking/veil.ts';
import { Capability, MariaDbCapability, ServerStatus } from '../../src/mysql/packets/capabilities.ts';
import { Command } from '../../src/mysql/packets/commands.ts';
import { packets } from '../../src/mysql/packets/frame.ts';
import { PacketWriter } from '../../src/mysql/packets/writer.ts';
import { SCRUBBED } from '../../src/mysql/scrub.ts';
import { sightOf } from '../support/veils.ts';
import { BASE, commands, payloads, type Scripted, scripted, type ScriptedOptions, server, values } from './scripted.ts';

const { execute, of, prepare, query, statement } = commands;
const TEXT = 'select id, secret from t where id = ?';
const FORM = 'select id, secret from (select id, \'***\' as secret from t) t where id = ?';
const sight = sightOf({ 'shop.t': { secret: 'varchar(20)' } });
const DATABASE = { changes: { database: 'other' } };

function column(sequence: number, name: string, type = 253, flags = 0): Buffer {
  const writer = new PacketWriter().lenencString('def');
  for (const part of ['shop', 't', 't', name, name]) writer.lenencString(part);
  return packets(sequence, writer.lenencInt(0x0c).int2(45).int4(80).int1(type).int2(flags).int1(0).int2(0).take());
}

interface Shape {
  readonly parameters?: number;
  readonly types?: readonly number[];
  readonly flags?: number;
}

/** COM_STMT_PREPARE_OK and its definitions. */
function madeAs(id: number, deprecateEof: boolean, { parameters = 1, types = [3, 253], flags = 0 }: Shape = {}): Buffer {
  let next = 1;
  const parts = [server.prepareOk(next++, id, { parameters, columns: types.length })];
  const end = (): void => void (deprecateEof ? 0 : parts.push(server.eof(next++)));
  for (let index = 0; index < parameters; index++) parts.push(column(next++, '?'));
  if (parameters > 0) end();
  for (const type of types) parts.push(column(next++, 'c', type, flags));
  if (types.length > 0) end();
  return Buffer.concat(parts);
}

/** A conversation in which `TEXT` was prepared as number 7 without masks; what runs now is `form`. */
function prepared(options: ScriptedOptions & { readonly deprecateEof?: boolean; readonly shape?: Shape } = {}): Scripted & { form: string | undefined } {
  const { deprecateEof = true, shape } = options;
  const state = { form: undefined as string | undefined };
  const conversation = scripted({
    client: { flags: BASE | (deprecateEof ? Capability.DeprecateEof : 0) },
    veil: (text): Veil => ({ sight, touches: text.includes('secret'), understood: false, form: state.form === undefined || !text.includes('secret') ? undefined : { text: state.form, edits: [] } }), ...options,
  });
  conversation.send(prepare(TEXT));
  conversation.reply(madeAs(7, deprecateEof, shape));
  conversation.atServer();
  conversation.clientBytes();
  return Object.assign(state, conversation);
}

const run = (number = 7, more: object = {}): Buffer => execute(number, [values.long(1)], more);

describe.each([['with DEPRECATE_EOF', true], ['without', false]] as const)('what was prepared under other masks, %s', (_, deprecateEof) => {
  it('is prepared anew before it runs, and the client sees nothing of that', () => {
    const conversation = prepared({ deprecateEof });
    conversation.form = FORM;
    conversation.send(run());
    expect(conversation.atServer()).toEqual([`0 16 ${FORM}`]);
    conversation.reply(madeAs(9, deprecateEof));
    expect(conversation.atClient()).toEqual([]);
    expect(conversation.atServer()).toEqual(['0 19 ....', expect.stringMatching(/^0 17 \.\.\.\./)]);
    conversation.reply(server.ok(1, { affected: 1 }));
    expect(conversation.atClient()).toEqual([expect.stringMatching(/^1 00/)]);
    expect(conversation.machine.quiet).toBe(true);
    // It is now: nothing has to be prepared for the next run.
    conversation.send(run());
    expect(conversation.atServer()).toEqual([expect.stringMatching(/^0 17/)]);
  });

  it('isn\'t what the client was told of any more: it is told to prepare again, and the old one stays', () => {
    const shapes: readonly Shape[] = [{ parameters: 2 }, { types: [3] }, { types: [3, 253, 253] }, { types: [3, 8] }, { types: [3, 253], flags: 0x20 }, { types: [] }];
    for (const shape of shapes) {
      const conversation = prepared({ deprecateEof });
      conversation.form = FORM;
      conversation.send(run());
      conversation.atServer();
      conversation.reply(madeAs(9, deprecateEof, shape));
      expect(conversation.atServer()).toEqual(['0 19 ....']);
      expect(conversation.atClient()).toEqual([expect.stringMatching(/^1 ff O\.#HY000.*has changed since/)]);
      expect(conversation.told.ended).toEqual([{ text: TEXT, outcome: { rows: 0, bytes: 0, error: { code: 'HY000', message: expect.stringContaining('has changed since') as string } } }]);
      expect(conversation.machine.quiet).toBe(true);
      conversation.form = undefined;
      conversation.send(run());
      expect(conversation.atServer()).toEqual(['0 17 .................']);
    }
  });
});

describe('an execution that waits for that', () => {
  it('goes to the new number, and so does all else; the client keeps the old one', () => {
    const conversation = prepared();
    const numbers = (): number[] => Array.from(sent(conversation), (payload) => payload.readUInt32LE(1));
    conversation.form = FORM;
    conversation.send(run());
    conversation.reply(madeAs(9, true));
    sent(conversation);
    conversation.reply(server.ok(1));
    conversation.send(statement(Command.StmtReset, 7));
    conversation.reply(server.ok(1));
    conversation.send(statement(Command.StmtSendLongData, 7, Buffer.from([0, 0, 0x61])), execute(7, [[252, Buffer.alloc(0)]]), run(0xffff_ffff));
    conversation.reply(server.ok(1), server.ok(1));
    const status = ServerStatus.Autocommit | ServerStatus.CursorExists;
    conversation.send(run(7, { cursor: true }));
    conversation.reply(server.raw(1, 1), column(2, 'id', 3), server.ok(3, { status, header: 0xfe }));
    conversation.send(statement(Command.StmtFetch, 7, Buffer.from([1, 0, 0, 0])));
    conversation.reply(server.ok(1, { header: 0xfe, status: ServerStatus.LastRowSent }));
    conversation.send(statement(Command.StmtClose, 7));
    expect(numbers()).toEqual([9, 9, 9, 9, 9, 9, 9]);
    conversation.send(run());
    expect(conversation.atServer()).toEqual([]);
  });

  it('keeps what is sent behind it waiting, whatever it is', () => {
    const conversation = prepared();
    conversation.form = FORM;
    conversation.send(query('select 1'), run(), of(Command.Ping), run(), statement(Command.StmtClose, 7), query('select 2'));
    expect(conversation.atServer()).toEqual(['0 03 select 1', `0 16 ${FORM}`]);
    conversation.reply(server.ok(1), madeAs(9, true));
    conversation.pump();
    expect(conversation.atServer().map((line) => line.slice(0, 4))).toEqual(['0 19', '0 17', '0 0e', '0 17', '0 19', '0 03']);
    conversation.reply(server.ok(1), server.ok(1), server.ok(1), server.ok(1));
    expect(conversation.atClient()).toHaveLength(5);
    expect(conversation.machine.quiet).toBe(true);
  });

  it('is sent with the types that the client gave last, and the values sent ahead', () => {
    const conversation = prepared();
    conversation.send(run());
    conversation.reply(server.ok(1));
    conversation.form = FORM;
    sent(conversation);
    conversation.send(run(7, { typed: false }));
    conversation.reply(madeAs(9, true));
    const [, , typed] = sent(conversation);
    expect(typed?.toString('hex')).toBe(bytesOf(run(9)).toString('hex'));
    conversation.reply(server.ok(1));
    conversation.form = `${FORM} `;
    conversation.send(statement(Command.StmtSendLongData, 7, Buffer.from([0, 0, 0x61])), execute(7, [[252, Buffer.alloc(0)]]));
    expect(sent(conversation)).toHaveLength(1);
    conversation.reply(madeAs(10, true));
    expect(sent(conversation).map((payload) => payload.toString('hex'))).toEqual([
      bytesOf(statement(Command.StmtClose, 9)), bytesOf(statement(Command.StmtSendLongData, 10, Buffer.from([0, 0, 0x61]))), bytesOf(execute(10, [[252, Buffer.alloc(0)]])),
    ].map((payload) => payload.toString('hex')));
  });

  it('may be one in bulk, with types or without', () => {
    const bulk = (number: number, typed: boolean): Buffer => packets(0, new PacketWriter().int1(Command.StmtBulkExecute).int4(number).int2(typed ? 128 : 0).put(typed ? Buffer.of(3, 0) : Buffer.alloc(0)).int1(0).int4(1).take());
    const conversation = prepared({ client: { extended: MariaDbCapability.StmtBulkOperations, flags: BASE | Capability.DeprecateEof } });
    conversation.send(bulk(7, true));
    conversation.reply(server.ok(1));
    for (const [number, typed] of [[9, true], [10, false]] as const) {
      conversation.form = `${FORM}${' '.repeat(number)}`;
      sent(conversation);
      conversation.send(bulk(7, typed));
      conversation.reply(madeAs(number, true));
      expect(sent(conversation).at(-1)?.toString('hex')).toBe(bytesOf(bulk(number, true)).toString('hex'));
      conversation.reply(server.ok(1));
    }
  });

  it('is answered with the error that the server has for it, without what quotes data', () => {
    for (const [errno, sqlstate, message, told] of [[1146, '42S02', 'Table \'shop.t\' doesn\'t exist', 'Table \'shop.t\' doesn\'t exist'], [1366, 'HY000', 'Incorrect value: \'ada\'', SCRUBBED]] as const) {
      const conversation = prepared();
      conversation.form = FORM;
      conversation.send(run(), query('select 1'));
      conversation.reply(server.err(1, message, errno, sqlstate));
      conversation.pump();
      expect(conversation.atServer().map((line) => line.slice(0, 4))).toEqual(['0 16', '0 03']);
      conversation.reply(server.ok(1));
      expect(conversation.atClient()).toEqual([expect.stringContaining(`#${sqlstate}${told}`), expect.stringMatching(/^1 00/)]);
      expect(conversation.told.ended[0]?.outcome.error).toEqual({ code: sqlstate, message: told });
    }
  });

  it('is taken back with it when the journal can\'t be written', () => {
    const conversation = prepared();
    const { machine } = conversation;
    machine.receive(run());
    const step = machine.next();
    if (step === undefined || step === 'unsettled') throw new Error('no step');
    for (const one of step.statements) Object.assign(one, { veil: { sight, touches: true, form: { text: FORM, edits: [] } }, after: 'same' });
    machine.forward(step);
    expect(machine.recall({ code: 'journal_unavailable', message: 'no journal' })).toHaveLength(1);
    conversation.pump();
    expect(conversation.atServer()).toEqual([]);
    expect(conversation.atClient()).toEqual([expect.stringMatching(/^1 ff .*no journal/)]);
    conversation.send(run());
    expect(conversation.atServer()).toEqual(['0 17 .................']);
  });

  it('is told of the end of the session in its place', () => {
    const conversation = prepared();
    conversation.form = FORM;
    conversation.send(run());
    expect(conversation.machine.fatal({ code: 'session_killed', message: 'killed' })[3]).toBe(1);
    expect(conversation.machine.outstanding().map(({ source }) => source.text)).toEqual([TEXT]);
  });
});

describe('where the default database is another one by then', () => {
  const away = (): ReturnType<typeof prepared> => {
    const conversation = prepared();
    conversation.send(query('use other'));
    conversation.reply(server.ok(1, DATABASE));
    conversation.atServer();
    conversation.atClient();
    conversation.form = FORM;
    conversation.send(run());
    return conversation;
  };

  it('its names are looked up in the one that it was prepared in', () => {
    const conversation = away();
    expect(conversation.atServer()).toEqual(['0 02 shop', `0 16 ${FORM}`, '0 02 other']);
    conversation.reply(server.ok(1, { changes: { database: 'shop' } }), madeAs(9, true), server.ok(1, DATABASE));
    expect(conversation.atServer().map((line) => line.slice(0, 4))).toEqual(['0 19', '0 17']);
    conversation.reply(server.ok(1));
    expect(conversation.atClient()).toEqual([expect.stringMatching(/^1 00/)]);
    expect(conversation.told.settings).toEqual(['database=other']);
  });

  it('and the one it was prepared in is gone, it isn\'t run', () => {
    const conversation = away();
    conversation.reply(server.err(1, 'Unknown database \'shop\'', 1049), madeAs(9, true), server.ok(1));
    expect(conversation.atServer().at(-1)).toBe('0 19 ....');
    expect(conversation.atClient()).toEqual([expect.stringMatching(/^1 ff O\./)]);
  });

  it('and there is no way back to it, the session ends', () => {
    const conversation = away();
    expect(() => conversation.reply(server.ok(1), madeAs(9, true), server.err(1, 'Unknown database \'other\'', 1049))).toThrow('go back');
  });

  it('or there is none, it isn\'t prepared anew', () => {
    const conversation = prepared();
    conversation.send(query('drop database shop'));
    conversation.reply(server.ok(1, { changes: { database: '' } }));
    conversation.atServer();
    conversation.atClient();
    conversation.form = FORM;
    conversation.send(run());
    expect(conversation.atServer()).toEqual([]);
    expect(conversation.atClient()).toEqual([expect.stringMatching(/^1 ff O\./)]);
  });
});

const bytesOf = (packet: Buffer): Buffer => packet.subarray(4);

/** Payloads that the server has got since the last look. */
const sent = ({ serverBytes }: Scripted): Buffer[] => payloads(serverBytes());
