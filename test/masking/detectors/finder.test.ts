/** What detectors find, and what they don't, and how long it takes them. */

import { execFile } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { describe, expect, it } from 'vitest';
import { DETECTORS } from '../../../src/masking/detectors/detector.ts';
import { Finder, finderOf, type TextForm } from '../../../src/masking/detectors/finder.ts';
import { Tally } from '../../../src/masking/detectors/tally.ts';

const all = new Finder(DETECTORS);

function seen(text: string, form: TextForm = 'plain', finder: Finder = all): string {
  const around = Buffer.from(`@4111111111111111${text}AKIA`);
  const start = 17;
  return finder.replaced(around, start, start + Buffer.byteLength(text), form, new Tally())?.toString('utf8') ?? text;
}

const PEM = '-----BEGIN RSA PRIVATE KEY-----\nProc-Type: 4,ENCRYPTED\nDEK-Info: AES-256-CBC,00AA\n\nMIIEowIBAAKCAQEA+/=\nabc=\n-----END RSA PRIVATE KEY-----';
const JWT = 'eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxMjM0In0.dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk';

describe('e-mail addresses', () => {
  it.each([
    ['ann@example.com', '[email]'], ['to ann.lee+x@mail.example.co.uk, and bob@x.org.', 'to [email], and [email].'], ['<a_b%c@x-y.io>', '<[email]>'],
    ['jörg@exämple.de!', '[email]!'], ['mailto:a@b.co?subject=x', 'mailto:[email]?subject=x'], ['https://u:secret@host.example/x', 'https://u:[email]/x'], ['a@b@example.com', 'a@[email]'],
    ['(a@b.co)', '([email])'], ['user@xn--exmple-cua.de', '[email]'],
  ])('%s', (text, wanted) => expect(seen(text)).toBe(wanted));

  it.each(['react@18.2.0', '@handle', 'a @ b.com', 'user@localhost', 'x@.com', 'x@y.', '@example.com', 'a@b.c', 'me@1.2.3.4', ''])('not in %j', (text) => expect(seen(text)).toBe(text));
});

describe('card numbers', () => {
  it.each([
    ['4111111111111111', '[card]'], ['card 4111 1111 1111 1111, thanks', 'card [card], thanks'], ['5555-5555-5555-4444', '[card]'], ['3782 822463 10005', '[card]'], ['378282246310005', '[card]'],
    ['6011111111111117', '[card]'], ['3530111333300000', '[card]'], ['30569309025904', '[card]'], ['2223003122003222', '[card]'], ['4222222222222', '[card]'], ['6200000000000000000', '[card]'],
    ['id 123 4111 1111 1111 1111 end', 'id 123 [card] end'], ['4111111111111111.', '[card].'], ['カード4111111111111111', 'カード[card]'], ['{"a":4111111111111111}', '{"a":"[card]"}'], ['["4111111111111111", 5105105105105100]', '["[card]", "[card]"]'], ['(4111111111111111)', '([card])'],
  ])('%s', (text, wanted) => expect(seen(text)).toBe(wanted));

  it.each([
    '4111111111111112', '1234567890123452', '41111111111111111111111', 'ORD4111111111111111', '4111111111111111x', '0.4111111111111111', '4111111111111111.5', '4111  1111 1111 1111',
    '4111 1111-1111 1111', '41 11 11 11 11 11 11 11', '11111111-1111-1111-1111-111111111111', '41111111-1111-1111-1111-111111111111', '2024-11-26 20:19:14.123456', '+49 170 1234567', '1700000000000', '4111_1111_1111_1111',
  ])('not in %j', (text) => expect(seen(text)).toBe(text));
});

describe('keys', () => {
  const letters = (count: number): string => 'aB3'.repeat(count).slice(0, count);
  it.each([
    [PEM, '[key]'], [`k: ${PEM}\nrest`, 'k: [key]\nrest'], ['-----BEGIN PGP PRIVATE KEY BLOCK-----\nx\n-----END PGP PRIVATE KEY BLOCK-----', '[key]'], ['-----BEGIN PRIVATE KEY-----\nMIIE"', '[key]"'],
    ['AKIAIOSFODNN7EXAMPLE', '[key]'], ['id=ASIAIOSFODNN7EXAMPLE;', 'id=[key];'], [`ghp_${letters(36)}`, '[key]'], [`github_pat_${letters(22)}_${letters(59)}`, '[key]'],
    [`"xoxb-${'1'.repeat(12)}-${letters(24)}"`, '"[key]"'], [`sk_live_${letters(24)}.`, '[key].'], [`AIza${letters(35)}`, '[key]'], [`Bearer ${JWT}`, 'Bearer [key]'], ['eyJhbGciOiJub25lIn0.eyJzdWIiOiIxIn0.', '[key]'],
  ])('%s', (text, wanted) => expect(seen(text)).toBe(wanted));

  it.each([
    '-----BEGIN PUBLIC KEY-----\nMIIB\n-----END PUBLIC KEY-----', '-----BEGIN CERTIFICATE-----', 'AKIAIOSFODNN7EXAMPLEX', 'xAKIAIOSFODNN7EXAMPLE', 'AKIA', `sk_test_${letters(24)}`, 'ghp_short', 'xoxb-1', 'eyJhbGciOiJIUzI1NiJ9',
    'eyJ.a.b', `AIza${letters(36)}`, '| --- | ----- |',
  ])('not in %j', (text) => expect(seen(text)).toBe(text));
});

it('hits of several kinds are replaced in one value and counted', () => {
  const text = Buffer.from(`a@b.co 4111111111111111 b@b.co ${JWT}`);
  const tally = new Tally();
  expect(all.replaced(text, 0, text.length, 'plain', tally)?.toString()).toBe('[email] [card] [email] [key]');
  expect(tally.take()).toEqual({ email: 2, card: 1, key: 1 });
  expect(tally.take()).toBeUndefined();
});

it('only what was asked for is looked for', () => {
  expect(seen('a@b.co 4111111111111111', 'plain', finderOf(['card', 'card']) as Finder)).toBe('a@b.co [card]');
  expect(finderOf([])).toBeUndefined();
});

it('JSON stays JSON', () => {
  for (const [value, wanted] of [
    [{ card: 4111111111111111, 'say "x"': [-4111111111111111, '4111111111111111'] }, { card: '[card]', 'say "x"': ['[card]', '[card]'] }],
    [{ text: 'x\na@b.co\t4111111111111111\\', key: PEM }, { text: 'x\n[email]\t[card]\\', key: '[key]' }],
  ]) expect(JSON.parse(seen(JSON.stringify(value), 'json'))).toEqual(wanted);
  expect(seen(String.raw`"\u003ca@b.co> \u0061@b.co \\nick@b.co"`, 'json')).toBe(String.raw`"\u003c[email]> [email] \\[email]"`);
});

it('escapes of COPY stay whole', () => {
  expect(seen(String.raw`1	x\ta@b.co\n4111111111111111\nghp_${'a'.repeat(36)}	\N`, 'escaped')).toBe(String.raw`1	x\t[email]\n[card]\n[key]	\N`);
});

// Each takes less than a second, on a machine that does nothing else; what looks back or ahead again and again would take hours.
it('10 MB of anything take less than ten seconds', { timeout: 300_000 }, async () => {
  const script = fileURLToPath(new URL('hostile.ts', import.meta.url));
  const { stdout } = await promisify(execFile)(process.execPath, [script], { timeout: 280_000 });
  const took = JSON.parse(stdout) as Record<string, number>;
  expect(Object.keys(took).length).toBeGreaterThan(25);
  expect(Object.entries(took).filter(([, ms]) => ms > 10_000)).toEqual([]);
});
