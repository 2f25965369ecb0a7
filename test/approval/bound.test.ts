import { hash } from 'node:crypto';
import * as fc from 'fast-check';
import { expect, test } from 'vitest';
import { boundDigest, boundOf, textsOf } from '../../src/approval/bound.ts';
import { requestDigest } from '../../src/approval/digest.ts';
import { parameterTexts, shownValue, transcript } from '../../src/protocol/parameters.ts';
import { type ParameterValue, Statement, StatementText } from '../../src/protocol/statement.ts';

const text = fc.oneof(fc.string({ unit: 'grapheme', maxLength: 20 }), fc.constantFrom('', 'é\u202e', '-- statement 1 of 2\n', '\n\n-- parameters: ["x"]', '🐘'));
const bytes = fc.oneof(fc.uint8Array({ maxLength: 6 }), fc.constantFrom('\\x41', '\\xzz', `\\sha256 ${'a'.repeat(64)}, 9 bytes`, '\ufeffx', '').map((value) => Buffer.from(value)), fc.constant(Buffer.alloc(64 * 1024 + 1, 'x')));
const value: fc.Arbitrary<ParameterValue> = fc.record({ format: fc.constantFrom(0, 1), bytes: fc.option(bytes.map((one) => Buffer.from(one))), type: fc.nat() }, { requiredKeys: ['format', 'bytes'] });
const statement = fc.tuple(text, fc.array(fc.nat(), { maxLength: 2 }), fc.option(text, { nil: undefined }), fc.array(value, { maxLength: 3 }))
  .map(([sql, types, reading, values]) => new Statement(new StatementText(sql, types, reading === undefined ? undefined : { key: reading }), 'extended', values));
const statements = fc.array(statement, { minLength: 1, maxLength: 3 });
const settings = [['search_path', 'public']] as const;
const terms = { agent: 'reporter', database: 'shop', policy: 'p' };

/** As a request has them. */
function shown(all: readonly Statement[]) {
  const [only] = all;
  return { text: transcript(all), ...(all.length === 1 && only !== undefined && { parameters: parameterTexts(only.parameters) }) };
}

test('what is recorded gives the digest of the statements themselves', () => {
  fc.assert(fc.property(statements, fc.array(text, { maxLength: 2 }), (all, forms) => {
    const digest = boundDigest({ ...terms, ...shown(all), forms, bound: JSON.parse(JSON.stringify(boundOf({ statements: all, settings }))) as ReturnType<typeof boundOf> });
    const large = (of: Buffer | null) => (of !== null && of.length > 64 * 1024 ? { sha256: hash('sha256', of, 'hex'), length: of.length } : of);
    expect(digest).toBe(requestDigest({
      ...terms, batch: Buffer.from(transcript(all)),
      settings: [...settings, ...all.flatMap(({ source }, i) => (source.reading === undefined ? [] : [[`reading of statement ${i}`, source.reading.key] as const])), ...forms.map((form, i) => [`form ${i}`, form] as const)],
      statements: all.map(({ source, parameters }) => ({
        text: Buffer.from(source.text), types: [...source.types, ...parameters.flatMap(({ type }) => type ?? [])], parameters: parameters.map(({ format, bytes: of }) => ({ format, value: large(of) })),
      })),
    }));
  }));
});

test('each statement is found again in what people are shown', () => {
  fc.assert(fc.property(statements, (all) => {
    expect(textsOf({ ...shown(all), bound: boundOf({ statements: all, settings }) })).toEqual(all.map(({ source, parameters }) => ({ text: source.text, shown: parameterTexts(parameters) })));
  }));
});

test('a value is told in one way only', () => {
  expect(shownValue('null', 'x')).toBeUndefined();
  expect(shownValue('text', null)).toBeUndefined();
  for (const bad of ['41', '\\x4', '\\xAB', '\\x41\n']) expect(shownValue('hex', bad)).toBeUndefined();
  for (const bad of ['\\sha256 aa, 1 bytes', `\\sha256 ${'a'.repeat(64)}, 1 byte`]) expect(shownValue('sha256', bad)).toBeUndefined();
});
