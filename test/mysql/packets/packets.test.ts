/** Packets as both sides send them, and the lies that lengths can tell. */

import { describe, expect, it } from 'vitest';
import { Malformed } from '../../../src/framing/malformed.ts';
import { FrameScanner } from '../../../src/framing/scanner.ts';
import { Capability } from '../../../src/mysql/packets/capabilities.ts';
import { decodeColumnDefinition } from '../../../src/mysql/packets/column-definition.ts';
import { decodeEof, isEof } from '../../../src/mysql/packets/eof.ts';
import { decodeErr, encodeErr } from '../../../src/mysql/packets/err.ts';
import { HEADER_BYTES, MAX_PAYLOAD, packets, sequenceOf, serverFormat } from '../../../src/mysql/packets/frame.ts';
import { decodeOk, encodeOk } from '../../../src/mysql/packets/ok.ts';
import { decodePrepareOk } from '../../../src/mysql/packets/prepare-ok.ts';
import { PacketReader } from '../../../src/mysql/packets/reader.ts';
import { PacketWriter } from '../../../src/mysql/packets/writer.ts';

const hex = (text: string): Buffer => Buffer.from(text.replaceAll(' ', ''), 'hex');
const payload = (packet: Buffer): Buffer => packet.subarray(HEADER_BYTES);
const TRACK = { flags: Capability.SessionTrack };
const NONE = { flags: 0, extended: 0 };

/** The packets in `bytes`, pushed in chunks of `size`: sequence id and payload. */
function cut(bytes: Buffer, size: number): [number, Buffer][] {
  const got: [number, Buffer][] = [];
  const scanner = new FrameScanner(serverFormat(() => true), {
    frame: (chunk, start, end) => got.push([sequenceOf(chunk, start), Buffer.from(chunk.subarray(start + HEADER_BYTES, end))]),
    piece: () => expect.unreachable('all are whole'),
  });
  for (let at = 0; at < bytes.length; at += size) scanner.push(bytes.subarray(at, at + size));
  return got;
}

describe('packets', () => {
  it.each([1, 2, 3, 4, 5, 7, 1000])('in chunks of %d bytes are the same', (size) => {
    const bytes = Buffer.concat([packets(0, Buffer.from('\x03select 1')), packets(1, Buffer.alloc(0)), packets(2, Buffer.alloc(300, 7))]);
    expect(cut(bytes, size).map(([sequence, { length }]) => [sequence, length])).toEqual([[0, 9], [1, 0], [2, 300]]);
  });

  it.each([MAX_PAYLOAD - 1, MAX_PAYLOAD, MAX_PAYLOAD + 1, 2 * MAX_PAYLOAD])('a payload of %d bytes is split where it has to be', (size) => {
    const sent = Buffer.alloc(size, 0x61);
    const got = cut(packets(255, sent), 65_536);
    expect(got.map(([sequence]) => sequence)).toEqual([255, 0, 1].slice(0, Math.floor(size / MAX_PAYLOAD) + 1));
    expect(got.slice(0, -1).every(([, { length }]) => length === MAX_PAYLOAD)).toBe(true);
    expect(Buffer.concat(got.map(([, part]) => part)).equals(sent)).toBe(true);
    expect(got.at(-1)?.[1].length).toBeLessThan(MAX_PAYLOAD);
  });

  it('of the server are asked for one by one', () => {
    const asked: [number, number][] = [];
    const pieces: string[] = [];
    const scanner = new FrameScanner(serverFormat((size, sequence) => (asked.push([size, sequence]), size < 4)), {
      frame: (_, start, end) => pieces.push(`frame ${end - start}`),
      piece: (_, start, end, first, last) => pieces.push(`piece ${end - start} ${first} ${last}`),
    });
    scanner.push(Buffer.concat([packets(1, Buffer.alloc(3)), packets(2, Buffer.alloc(9)), packets(3, Buffer.alloc(0))]));
    expect(pieces).toEqual(['frame 7', 'piece 13 true true', 'frame 4']);
    expect(asked).toEqual([[3, 1], [9, 2], [0, 3]]);
  });
});

describe('length-encoded integers', () => {
  it.each([[0n, '00'], [250n, 'fa'], [251n, 'fcfb00'], [0xffffn, 'fcffff'], [0x1_0000n, 'fd000001'], [0xff_ffffn, 'fdffffff'], [0x100_0000n, 'fe0000000100000000'], [2n ** 64n - 1n, 'feffffffffffffffff']])('%d', (value, bytes) => {
    expect(new PacketWriter(1).lenencInt(value).take().toString('hex')).toBe(bytes);
    expect(new PacketReader(hex(bytes)).lenencBigInt()).toBe(value);
  });

  it.each([['NULL', 'fb'], ['0xff', 'ff'], ['cut short', 'fc01'], ['cut short', 'fd0101'], ['cut short', 'fe01010101010101'], ['nothing', ''], ['over 2^53', 'fe0000000000002000'], ['over 2^63', 'feffffffffffffffff']])('%s is none (%s)', (_, bytes) => {
    expect(() => new PacketReader(hex(bytes)).lenencInt()).toThrow(Malformed);
  });

  it.each(['05616263', 'fcffff61', 'feffffffffffff1f0061'])('a string longer than what is there (%s) is refused', (bytes) => {
    expect(() => new PacketReader(hex(bytes)).lenencBytes()).toThrow(Malformed);
  });

  it('never read beyond the part they were given', () => {
    expect(() => new PacketReader(hex('fc0100ff'), 0, 2).lenencInt()).toThrow(Malformed);
    expect(() => new PacketReader(hex('03616263'), 0, 3).lenencBytes()).toThrow(Malformed);
  });

  it('of values know NULL', () => {
    const reader = new PacketReader(hex('fb 00 0161'));
    expect([reader.lenencBytesOrNull(), reader.lenencBytesOrNull(), reader.lenencBytesOrNull()?.toString()]).toEqual([null, Buffer.alloc(0), 'a']);
  });
});

describe('OK', () => {
  it('without anything, with rows, with info', () => {
    expect(decodeOk(payload(encodeOk(1, { status: 2 })), NONE)).toMatchObject({ affectedRows: 0n, status: 2, changes: [] });
    const full = decodeOk(payload(encodeOk(1, { status: 3, affectedRows: 300, lastInsertId: 2n ** 63n, warnings: 4, info: 'Rows matched: 1' })), TRACK);
    expect(full).toMatchObject({ affectedRows: 300n, lastInsertId: 2n ** 63n, status: 3, warnings: 4 });
    expect(full.info.toString()).toBe('Rows matched: 1');
  });

  it('with session changes', () => {
    const changes = hex('00 0f 0a 6175746f636f6d6d6974 03 4f4646   01 05 04 73686f70   02 02 01 31   05 09 08 545f5f5f5f5f5f5f   63 01 00');
    const ok = decodeOk(new PacketWriter().int1(0).int1(0).int1(0).int2(0x4002).int2(0).lenencString('').lenencString(changes).take(), TRACK);
    expect(ok.changes).toEqual([
      { kind: 'variable', name: 'autocommit', value: Buffer.from('OFF') },
      { kind: 'schema', name: Buffer.from('shop') },
      { kind: 'state' },
      { kind: 'transaction_state', state: 'T_______' },
      { kind: 'other', type: 0x63, data: Buffer.of(0) },
    ]);
  });

  it.each([
    ['ends early', '00 00 00 0200'], ['has bytes behind its end', '00 00 00 0200 0000 00 00'], ['lies about its info', '00 00 00 0200 0000 05 61'],
    ['says of changes that there are none', '00 00 00 0240 0000'], ['lies about its changes', '00 00 00 0240 0000 00 09 01'], ['lies inside them', '00 00 00 0240 0000 00 03 01 09 00'],
    ['has changes behind a change', '00 00 00 0240 0000 00 05 01 03 01 61 00'], ['begins otherwise', '01 00 00 0200 0000'],
  ])('that %s is refused', (_, bytes) => {
    expect(() => decodeOk(hex(bytes), TRACK)).toThrow(Malformed);
  });
});

describe('ERR, EOF, column definition, PREPARE OK', () => {
  it('ERR with and without SQLSTATE', () => {
    expect(decodeErr(payload(encodeErr(2, { errno: 1045, sqlstate: '28000', message: 'Access denied' })))).toEqual({ errno: 1045, sqlstate: '28000', message: 'Access denied' });
    expect(decodeErr(hex('ff 1004 546f6f206d616e79'))).toEqual({ errno: 1040, sqlstate: 'HY000', message: 'Too many' });
  });

  it('ERR keeps within what clients have room for, and within characters', () => {
    const { message } = decodeErr(payload(encodeErr(1, { errno: 1, sqlstate: 'HY000', message: 'ü'.repeat(400) })));
    expect(Buffer.byteLength(message)).toBeLessThanOrEqual(511);
    expect(message).toMatch(/^ü+\.\.\.$/);
  });

  it('EOF is short, rows are not', () => {
    expect(decodeEof(hex('fe 0100 2200'))).toEqual({ warnings: 1, status: 0x22 });
    expect(isEof(hex('fe 0000 0200'))).toBe(true);
    expect(isEof(hex('fe 0000000100000000'))).toBe(false);
    expect(() => decodeEof(hex('fe 0000 02'))).toThrow(Malformed);
  });

  it('column definition', () => {
    const bytes = hex('03646566 0473686f70 0174 0174 0161 026964 0c 3f00 0b000000 03 0350 00 0000');
    expect(decodeColumnDefinition(bytes, NONE)).toMatchObject({ characterSet: 63, length: 11, type: 3, flags: 0x5003, decimals: 0, orgName: Buffer.from('id'), name: Buffer.from('a') });
    expect(() => decodeColumnDefinition(bytes.subarray(0, -1), NONE)).toThrow(Malformed);
    expect(() => decodeColumnDefinition(Buffer.concat([bytes, Buffer.of(0)]), NONE)).toThrow(Malformed);
  });

  it('PREPARE OK', () => {
    expect(decodePrepareOk(hex('00 07000000 0200 0100 00 0000'), NONE)).toEqual({ statementId: 7, columns: 2, parameters: 1, warnings: 0, metadata: true });
    expect(decodePrepareOk(hex('00 07000000 0200 0100 00 0000 00'), { flags: Capability.OptionalResultsetMetadata }).metadata).toBe(false);
    expect(() => decodePrepareOk(hex('00 07000000 0200'), NONE)).toThrow(Malformed);
  });
});
