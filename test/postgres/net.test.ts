/** Servers that send masked rows in shapes nobody can follow, and rows cut anywhere. No server, no sockets. */

import { describe, expect, it } from 'vitest';
import { Tally } from '../../src/masking/detectors/tally.ts';
import { maskRows } from '../../src/postgres/cells.ts';
import { PostgresConversation } from '../../src/postgres/conversation.ts';
import { readOrigins } from '../../src/postgres/origins.ts';
import { Malformed } from '../../src/framing/malformed.ts';
import { Refused } from '../../src/protocol/refusal.ts';
import type { Step } from '../../src/protocol/statement.ts';
import { replies } from '../support/scripted-replies.ts';
import { frames } from '../support/wire.ts';
import { column, pieces, sightOf } from './veiled.ts';

const sight = sightOf({ schema: 'public', name: 'people', oid: 4_000_000_000, columns: [column('email', 2), column('n', 3, { type: 'int4' })] });

/** RowDescription of (table, number, format). */
function description(...fields: readonly (readonly [number, number, number])[]): Buffer {
  const body = fields.map(([table, number, format]) => {
    const field = Buffer.alloc(20);
    field.write('c');
    field.writeUInt32BE(table, 2);
    field.writeInt16BE(number, 6);
    field.writeInt16BE(format, 18);
    return field;
  });
  return replies.raw('T', Buffer.of(0, fields.length), ...body);
}

const PEOPLE = 4_000_000_000;
const all = description([0, 0, 0], [PEOPLE, 2, 0], [PEOPLE, 1, 0], [PEOPLE, 3, 1]);

function asked(touches: boolean, ...messages: readonly Uint8Array[]): PostgresConversation {
  const nothing = (): void => undefined;
  const machine = new PostgresConversation({ messageBytes: 1000, statementBytes: 1000 }, { completed: nothing, ended: nothing, ready: nothing, reset: nothing, setting: nothing });
  machine.receive(Buffer.concat(messages));
  for (let step = machine.next(); step !== undefined; step = machine.next()) {
    for (const statement of (step as Step).statements) statement.veil = { sight, form: undefined, touches };
    machine.forward(step as Step);
  }
  machine.toDatabase.take();
  machine.sent();
  return machine;
}

const query = frames.query('select');
const portal = [frames.parse({ text: 'select', types: [] }), frames.bind({}), frames.execute({}), frames.sync()];
const bound = Buffer.concat([replies.parseComplete(), replies.bindComplete()]);
const secret = replies.dataRow(['a', 'secret', 'b', 'secret']);

describe('a server', () => {
  it.each([
    ['sends rows without describing them', true, [query], [secret]],
    ['sends rows without describing them, byte by byte', true, [query], [secret]],
    ['sends fewer values than it had described', true, [query], [all, replies.dataRow(['a', 'secret'])]],
    ['sends more', true, [query], [all, replies.dataRow(['a', 'secret', 'b', 'c', 'secret'])]],
    ['describes one result and sends two', true, [query], [all, secret, replies.complete('SELECT 1'), secret]],
    ['says a portal has no rows, and sends some', true, portal, [bound, replies.noData(), secret]],
    ['sends a whole row', true, [query], [description([PEOPLE, 0, 0])]],
    ['sends a row over the limit', true, [query], [all, replies.dataRow(['a', 'secret', 'b'.repeat(2000), 'c'])]],
    ['copies out', true, [query], [replies.raw('H', Buffer.of(0, 0, 0))]],
  ] as const)('that %s is not followed', (_, touches, messages, answers) => {
    for (const chunking of [1, 2, 3, 4]) {
      const machine = asked(touches, ...messages);
      expect(() => {
        for (const piece of chunking === 1 ? [Buffer.concat(answers)] : pieces(chunking)(Buffer.concat(answers))) machine.reply(piece);
      }).toThrow(Refused);
      const got = Buffer.concat(machine.toClient.take()).toString();
      expect(got.replaceAll('\0', '')).not.toContain('secret');
      expect(machine.fatal({ code: 'internal', message: 'x' }).length).toBeGreaterThan(0);
    }
  });

  it('that describes what it wasn\'t asked to describe is not followed', () => {
    expect(() => asked(false, ...portal).reply(Buffer.concat([bound, all]))).toThrow(Malformed);
  });

  it('that lies about lengths in a masked row is not followed', () => {
    for (const length of [1000, -2, 0x7fff_ffff]) {
      const row = Buffer.from(secret);
      row.writeInt32BE(length, 12);
      expect(() => asked(true, query).reply(Buffer.concat([all, row]))).toThrow(Malformed);
    }
  });
});

describe('masked rows', () => {
  it('are the same however they are cut, and all else as it came', () => {
    const rows = [['a', 'secret', '', 'secret'], [null, null, 'b', null], ['', '', 'ü'.repeat(100), Buffer.of(0, 0, 0, 7)], ['x'.repeat(80), 'secret'.repeat(50), null, 'x']] as const;
    const masked = [['a', '***', '', null], [null, null, 'b', null], ['', '***', 'ü'.repeat(100), null], ['x'.repeat(80), '***', null, null]] as const;
    const wanted = Buffer.concat([all, ...masked.map((row) => replies.dataRow(row)), replies.complete('SELECT 4'), replies.ready('I')]);
    const sent = Buffer.concat([all, ...rows.map((row) => replies.dataRow(row)), replies.complete('SELECT 4'), replies.ready('I')]);
    for (let cut = 0; cut < sent.length; cut++) {
      const machine = asked(true, query);
      machine.reply(sent.subarray(0, cut));
      const first = machine.toClient.take().map((part) => Buffer.from(part));
      machine.reply(sent.subarray(cut));
      expect(Buffer.concat([...first, ...machine.toClient.take()]).equals(wanted)).toBe(true);
    }
  });

  it('grow as the masks need', () => {
    const row = replies.dataRow(['', '']);
    const many = Buffer.concat(Array<Buffer>(1000).fill(row));
    const described = description([PEOPLE, 2, 0], [PEOPLE, 2, 0]);
    const origins = readOrigins(described, 0, described.length, sight);
    expect(maskRows(many, 0, many.length, origins, new Tally()).equals(Buffer.concat(Array<Buffer>(1000).fill(replies.dataRow(['***', '***']))))).toBe(true);
  });
});
