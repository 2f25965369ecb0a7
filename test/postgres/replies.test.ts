/** What the server may say when: anything else ends the session, before it is taken for the answer to something. */

import { describe, expect, it } from 'vitest';
import { Malformed } from '../../src/framing/malformed.ts';
import { Refused } from '../../src/protocol/refusal.ts';
import type { Step } from '../../src/protocol/statement.ts';
import { frames } from '../support/wire.ts';
import { replies } from '../support/scripted-replies.ts';
import { conversation } from './scripted.ts';

const p = (text: string) => [frames.parse({ text, types: [] }), frames.bind({}), frames.execute({})];
const bind = Buffer.concat([replies.parseComplete(), replies.bindComplete()]);

const LIES: readonly (readonly [string, readonly Uint8Array[], Uint8Array])[] = [
  ['an answer to nothing', [], replies.complete('SELECT 1')],
  ['ReadyForQuery for nothing', [], replies.ready('I')],
  ['rows for nothing', [], replies.dataRow(['1'])],
  ['rows for a Parse', [...p('select 1'), frames.sync()], replies.dataRow(['1'])],
  ['BindComplete for a Parse', [...p('select 1'), frames.sync()], replies.bindComplete()],
  ['ReadyForQuery before the rest', [...p('select 1'), frames.sync()], Buffer.concat([bind, replies.ready('I')])],
  ['PortalSuspended for a Query', [frames.query('select 1')], replies.raw('s')],
  ['two ReadyForQuery', [frames.query('select 1')], Buffer.concat([replies.rows(['a'], [['1']]), replies.ready('I'), replies.ready('I')])],
  ['a transaction status nobody knows', [frames.query('select 1')], Buffer.concat([replies.complete('SELECT 0'), replies.raw('Z', Buffer.from('X'))])],
  ['CopyBothResponse', [frames.query('select 1')], replies.raw('W', Buffer.alloc(3))],
  ['FunctionCallResponse', [frames.query('select 1')], replies.raw('V', Buffer.alloc(4, 255))],
  ['a request to log in again', [frames.query('select 1')], replies.raw('R', Buffer.of(0, 0, 0, 3))],
  ['another cancel key', [frames.query('select 1')], replies.backendKeyData(1, 2)],
  ['a message no server sends', [frames.query('select 1')], replies.raw('?')],
  ['a frame of 1 GiB', [frames.query('select 1')], Buffer.from([0x54, 0x3f, 0xff, 0xff, 0xff])],
  ['a frame of negative length', [frames.query('select 1')], Buffer.from([0x44, 0xff, 0xff, 0xff, 0xff])],
  ['a description over 16 MiB', [frames.query('select 1')], Buffer.from([0x54, 0x01, 0x40, 0, 0])],
];

describe('a server that says', () => {
  it.each(LIES)('%s is not followed', (_, sent, lie) => {
    const { machine, send } = conversation();
    send(...sent);
    expect(() => machine.reply(Buffer.from(lie))).toThrow(Malformed);
  });

  it('that it runs what stands for a refused Query is not followed', () => {
    const { machine } = conversation();
    machine.receive(frames.query('drop table t'));
    machine.refuse(machine.next() as Step, 0, { code: 'denied', message: 'no' });
    expect(() => machine.reply(Buffer.concat([replies.complete('DROP TABLE'), replies.ready('I')]))).toThrow(Malformed);
  });

  it('that it reads statements in another way ends the session', () => {
    const { machine, told } = conversation();
    expect(() => machine.reply(replies.parameters({ client_encoding: 'SJIS' }))).toThrow(Refused);
    expect(told.settings).toEqual(['client_encoding=SJIS']);
    expect(() => conversation().machine.reply(replies.parameters({ standard_conforming_strings: 'off' }))).toThrow(Refused);
    conversation().machine.reply(replies.parameters({ standard_conforming_strings: 'on' }));
  });
});

describe('a COPY', () => {
  it('keeps back what stands behind it until the server has said what it is', () => {
    const { machine, send } = conversation();
    send(...p('copy t from stdin'), frames.sync(), frames.query('select 1'));
    expect(machine.next()).toBe('unsettled');
    machine.reply(Buffer.concat([bind, replies.error('42P01', 'no such table')]));
    expect(machine.next()).toMatchObject({ statements: [] });
    machine.forward(machine.next() as Step);
    expect(Buffer.concat(machine.toDatabase.take()).toString('latin1', 0, 1)).toBe('S');
    expect((machine.next() as Step).statements).toHaveLength(1);
  });

  it('drops data nobody asked for', () => {
    const { machine } = conversation();
    machine.receive(Buffer.concat([frames.copyData(Buffer.from('drop table t')), frames.copyDone(), frames.copyFail('x')]));
    for (let step = machine.next(); step !== undefined; step = machine.next()) machine.forward(step as Step);
    expect(machine.toDatabase.bytes).toBe(0);
  });
});

describe('what the journal could not take', () => {
  it('is recalled whole: each step becomes a refusal, in order, and nothing of it is sent', () => {
    const { machine, told } = conversation();
    machine.receive(Buffer.concat([frames.query('select 1'), ...p('select 2'), ...p('select 3'), frames.sync(), frames.query('copy t from stdin'), frames.copyData(Buffer.from('1'))]));
    for (let step = machine.next(); step !== undefined && step !== 'unsettled'; step = machine.next()) machine.forward(step);
    const steps = machine.recall({ code: 'journal_unavailable', message: 'full' });
    expect(steps).toHaveLength(3);
    const sent = Buffer.concat(machine.toDatabase.take()).toString('latin1');
    expect(sent).not.toMatch(/select|copy t/);
    machine.sent();
    const fail = replies.error('42601', 'syntax');
    machine.reply(Buffer.concat([fail, replies.ready('I'), fail, replies.ready('I'), fail, replies.ready('I')]));
    expect(Buffer.concat(machine.toClient.take()).toString().match(/full/g)).toHaveLength(3);
    expect(machine.quiet).toBe(true);
    expect(told.ended).toEqual([]);
    // The data that belonged to the COPY goes nowhere.
    for (let step = machine.next(); step !== undefined && step !== 'unsettled'; step = machine.next()) machine.forward(step);
    expect(machine.toDatabase.bytes).toBe(0);
  });

  it('in the middle of a segment is refused there, and what follows is skipped until Sync', () => {
    const { machine, send } = conversation();
    send(...p('select 1'), frames.flush());
    machine.receive(Buffer.concat([...p('select 2'), frames.flush(), ...p('select 3'), frames.sync()]));
    for (let step = machine.next(); step !== undefined && step !== 'unsettled'; step = machine.next()) machine.forward(step);
    machine.recall({ code: 'journal_unavailable', message: 'full' });
    const sent = Buffer.concat(machine.toDatabase.take()).toString('latin1');
    expect(sent).toMatch(/^E[^]{4}countersign refused/);
    expect(sent.endsWith(frames.sync().toString('latin1'))).toBe(true);
    machine.reply(Buffer.concat([bind, replies.dataRow(['1']), replies.complete('SELECT 1'), replies.error('34000', 'no portal'), replies.ready('I')]));
    expect(machine.quiet).toBe(true);
  });
});
