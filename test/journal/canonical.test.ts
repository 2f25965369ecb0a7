import * as fc from 'fast-check';
import { expect, test } from 'vitest';
import { canonical } from '../../src/journal/canonical.ts';
import type { JournalEvent } from '../../src/journal/events.ts';
import { outcomeJson } from '../../src/journal/hot.ts';

// Every UTF-16 string, lone surrogates included.
const anyString = fc.string({ unit: fc.nat(0xffff).map((unit) => String.fromCharCode(unit)) });
const plainValue = fc.jsonValue({ stringUnit: 'binary', maxDepth: 4 }).map(withoutMinusZero);

function withoutMinusZero(value: unknown): unknown {
  return JSON.parse(JSON.stringify(value));
}

test('parses back to the same value, and is the same for the same value', () => {
  fc.assert(fc.property(plainValue, (value) => {
    const json = canonical(value);
    expect(JSON.parse(json)).toEqual(value);
    expect(canonical(JSON.parse(json))).toBe(json);
  }));
});

test('strings: injective over all of UTF-16, through UTF-8 bytes', () => {
  fc.assert(fc.property(anyString, (text) => {
    const bytes = Buffer.from(canonical(text));
    expect(JSON.parse(bytes.toString())).toBe(text);
  }), { numRuns: 1000 });
  expect(canonical('\ud800')).not.toBe(canonical('\\ud800'));
  expect(canonical('\ud800')).not.toBe(canonical('\ufffd'));
});

test('the order in which keys were set doesn\'t matter, undefined ones don\'t exist', () => {
  fc.assert(fc.property(fc.dictionary(anyString, fc.integer()), fc.infiniteStream(fc.nat()), (object, random) => {
    const entries = Object.entries(object).map((entry) => ({ entry, at: random.next().value }));
    const shuffled = Object.fromEntries(entries.toSorted((a, b) => a.at - b.at).map(({ entry }) => entry));
    expect(canonical(shuffled)).toBe(canonical(object));
  }));
  expect(canonical({ b: 1, a: undefined, 'ä': 2, A: 3 })).toBe('{"A":3,"b":1,"ä":2}');
});

test('keys of one count with equal ends are told apart', () => {
  expect([canonical({ a: 1, m: 2, z: 3 }), canonical({ a: 1, n: 2, z: 3 }), canonical({ a: 1, m: 2, z: 3 })]).toEqual(['{"a":1,"m":2,"z":3}', '{"a":1,"n":2,"z":3}', '{"a":1,"m":2,"z":3}']);
});

test('what would lose something is refused', () => {
  for (const value of [Number.NaN, Number.POSITIVE_INFINITY, 1n, undefined, [undefined], () => 1, Symbol('x'), new Date(0), new Map(), Buffer.from('x')]) {
    expect(() => canonical(value)).toThrow(TypeError);
  }
});

const optional = <T>(value: fc.Arbitrary<T>) => fc.option(value, { nil: undefined });
const name = fc.oneof(anyString, fc.constant('reads'));
const outcomeEvent = fc.record({
  kind: fc.constant('outcome'), session: name, statement: fc.nat(), tag: optional(name), rows: fc.nat(), bytes: fc.nat(), ms: fc.double({ noNaN: true, noDefaultInfinity: true }),
  error: optional(fc.record({ code: name, message: anyString })), hits: optional(fc.record({ email: fc.nat(), card: fc.nat(), key: fc.nat() }, { requiredKeys: [] })),
}) as fc.Arbitrary<Extract<JournalEvent, { kind: 'outcome' }>>;

test('the hand-written forms are the canonical ones', () => {
  fc.assert(fc.property(outcomeEvent, (event) => {
    expect(outcomeJson(event)).toBe(canonical(event));
  }));
});
