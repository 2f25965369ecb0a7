import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { requestDigest } from '../../src/approval/digest.ts';
import type { DigestParameter, DigestParts } from '../../src/approval/digest.ts';

const base: DigestParts = { agent: 'reporter', database: 'shop', batch: Buffer.from('select $1'), settings: [['role', 'app'], ['search_path', 'public']], policy: 'p1' };
const digest = (changes: Partial<DigestParts>) => requestDigest({ ...base, ...changes });

/** Few, short and confusable values, so that near misses are common. */
const short = fc.oneof(fc.constantFrom('', 'a', 'aa', 'b', '\0', 'ab', '\uD800', '\uDC00', '\uFFFD'), fc.string({ maxLength: 3 }));
const bytes = fc.uint8Array({ maxLength: 3, max: 2 });
const hashed = fc.record({ sha256: fc.constantFrom('', 'a', 'b'), length: fc.nat({ max: 1 }) });
const parameter = fc.record({ format: fc.constantFrom(0, 1), value: fc.oneof(fc.option(bytes), hashed) });
const parts: fc.Arbitrary<DigestParts> = fc.record(
  {
    agent: short, database: short, batch: bytes, policy: short,
    settings: fc.array(fc.tuple(short, short), { maxLength: 3 }),
    parameters: fc.array(parameter, { maxLength: 3 }), types: fc.array(fc.nat({ max: 3 }), { maxLength: 3 }),
    statements: fc.array(fc.record({ text: bytes, parameters: fc.array(parameter, { maxLength: 2 }), types: fc.array(fc.nat({ max: 1 }), { maxLength: 2 }) }), { maxLength: 2 }),
  },
  { requiredKeys: ['agent', 'database', 'batch', 'policy', 'settings'] },
);

const readable = ({ format, value }: DigestParameter) => [format, value instanceof Uint8Array ? [...value] : value];

/** What must be told apart: everything but the order of the settings. */
const meaning = ({ batch, parameters, settings, ...rest }: DigestParts) => JSON.stringify([
  rest.agent, rest.database, rest.policy, rest.types ?? null, [...batch],
  parameters?.map(readable) ?? null,
  rest.statements?.map((one) => [[...one.text], one.parameters.map(readable), one.types]) ?? null,
  settings.map((one) => JSON.stringify(one)).toSorted(),
]);

function statement(types: readonly number[]) {
  return { text: Buffer.from('select f($1)'), parameters: [{ format: 0, value: Buffer.from('1') }], types };
}

describe('the digest', () => {
  test('is SHA-256 in hex, the same on every replica and in every version', () => {
    expect(digest({})).toBe('d0346e164e3ffdbdcfc7abf7ae256c1b11d9fd613808ac0543e245338f4d80bb');
  });

  test('differs whenever the meaning does', () => {
    fc.assert(fc.property(parts, parts, (a, b) => { expect(requestDigest(a) === requestDigest(b)).toBe(meaning(a) === meaning(b)); }), { numRuns: 3_000 });
  });

  test('differs when one thing moves from a field into its neighbour', () => {
    const moved = fc.tuple(short, short, short).filter(([, b]) => b !== '');
    fc.assert(fc.property(moved, ([a, b, c]) => {
      expect(digest({ agent: a + b, database: c })).not.toBe(digest({ agent: a, database: b + c }));
    }));
  });

  test('does not depend on the order of settings', () => {
    expect(digest({ settings: base.settings.toReversed() })).toBe(digest({}));
  });

  test.each<[string, Partial<DigestParts>, Partial<DigestParts>]>([
    ['no parameters and an empty list', {}, { parameters: [] }],
    ['null and empty', { parameters: [{ format: 0, value: null }] }, { parameters: [{ format: 0, value: Buffer.of() }] }],
    ['null and the text null', { parameters: [{ format: 0, value: null }] }, { parameters: [{ format: 0, value: Buffer.from('null') }] }],
    ['text and binary', { parameters: [{ format: 0, value: Buffer.from('1') }] }, { parameters: [{ format: 1, value: Buffer.from('1') }] }],
    ['one parameter and two', { parameters: [{ format: 0, value: Buffer.from('ab') }] }, { parameters: [{ format: 0, value: Buffer.from('a') }, { format: 0, value: Buffer.from('b') }] }],
    ['parameters and batch', { batch: Buffer.from('select $1x') }, { parameters: [{ format: 0, value: Buffer.from('x') }] }],
    ['declared types', { types: [23] }, { types: [25] }],
    ['types and none', { types: [] }, {}],
    ['bytes that decode to the same text', { batch: Buffer.from([0xff]) }, { batch: Buffer.from([0xfe]) }],
    ['lone surrogates', { settings: [['a', '\uD800']] }, { settings: [['a', '\uD801']] }],
    ['a setting split elsewhere', { settings: [['ab', 'c']] }, { settings: [['a', 'bc']] }],
    ['name and value exchanged', { settings: [['a', 'b']] }, { settings: [['b', 'a']] }],
    ['a setting more', { settings: [] }, { settings: [['', '']] }],
    ['whose type it is', { statements: [statement([23]), statement([])] }, { statements: [statement([]), statement([23])] }],
    ['white space', { batch: Buffer.from('select 1') }, { batch: Buffer.from('select 1 ') }],
  ])('tells %s apart', (_name, a, b) => {
    expect(digest(a)).not.toBe(digest(b));
  });
});
