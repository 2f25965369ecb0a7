import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { decodeErr } from '../../src/mysql/packets/err.ts';
import { encodeErr } from '../../src/mysql/packets/err.ts';
import { encodeRefusal, errorOf, refusalText } from '../../src/mysql/refusal.ts';
import { REFUSAL_CODES } from '../../src/protocol/refusal.ts';

const json = (text: string): Record<string, unknown> => JSON.parse(text.slice(text.indexOf('{'))) as Record<string, unknown>;

describe('a refusal', () => {
  it('reads as a sentence, a hint and JSON', () => {
    expect(refusalText({ code: 'denied', message: 'refused by policy: no-drop', detail: { rule: 'no-drop', effects: ['drop'] }, hint: 'Do not send it again.' }))
      .toBe('refused by policy: no-drop. Do not send it again. {"code":"denied","rule":"no-drop","effects":["drop"]}');
    expect(refusalText({ code: 'internal', message: 'it failed' })).toBe('it failed');
  });

  it('is an ERR of 1227 (42000) where nothing says more', () => {
    const packet = encodeRefusal(3, { code: 'denied', message: 'no' });
    expect(packet[3]).toBe(3);
    expect(decodeErr(packet.subarray(4))).toEqual({ errno: 1227, sqlstate: '42000', message: 'no' });
  });

  it('in the database\'s own words keeps them, with the sequence id of its place', () => {
    const own = encodeErr(1, { errno: 1064, sqlstate: '42000', message: 'You have an error in your SQL syntax' });
    const packet = encodeRefusal(7, { code: 'syntax_error', message: 'x', verbatim: own });
    expect(packet[3]).toBe(7);
    expect(packet.subarray(4).equals(own.subarray(4))).toBe(true);
    expect(own[3]).toBe(1);
  });

  it('has an errno and an SQLSTATE for each code', () => {
    for (const code of REFUSAL_CODES) expect(errorOf(code)).toMatchObject({ errno: expect.any(Number) as number, sqlstate: expect.stringMatching(/^[0-9A-Z]{5}$/) as string });
  });

  it('fits what clients keep, with its JSON whole, the request in it', () => {
    const words = fc.string({ maxLength: 600, unit: 'grapheme' });
    fc.assert(fc.property(words, fc.option(words, { nil: undefined }), fc.array(words, { maxLength: 8 }), (message, hint, tables) => {
      const text = refusalText({ code: 'deferred', message: message.replaceAll('{', ''), detail: { request: 'req_abcdefgh', rule: 'r', tables, reason: message }, ...(hint === undefined ? {} : { hint: hint.replaceAll('{', '') }) });
      expect(Buffer.byteLength(text)).toBeLessThanOrEqual(511);
      expect(json(text)).toMatchObject({ code: 'deferred', request: 'req_abcdefgh' });
    }));
  });
});
