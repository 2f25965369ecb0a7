import * as fc from 'fast-check';
import { expect, test } from 'vitest';
import { visible, visibleJson, visibleLine } from '../../src/runtime/visible.ts';

test.each([
  ['a terminal escape', '\u001b[2J', '⟦U+001B⟧[2J'],
  ['a carriage return, which overwrites', 'DROP\rSELECT', 'DROP⟦U+000D⟧SELECT'],
  ['C1 control', '\u009b31m', '⟦U+009B⟧31m'],
  ['delete and NUL', '\u007f\0', '⟦U+007F⟧⟦U+0000⟧'],
  ['right-to-left override', '\u202e', '⟦U+202E⟧'],
  ['isolates', '\u2066\u2069', '⟦U+2066⟧⟦U+2069⟧'],
  ['zero-width space, joiner and no-break', '\u200b\u200d\ufeff', '⟦U+200B⟧⟦U+200D⟧⟦U+FEFF⟧'],
  ['soft hyphen', '\u00ad', '⟦U+00AD⟧'],
  ['tag characters', '\u{e0041}', '⟦U+E0041⟧'],
  ['variation selectors', '\ufe0f\u{e0100}', '⟦U+FE0F⟧⟦U+E0100⟧'],
  ['fillers that look like nothing', '\u3164\u115f\uffa0\u2800\u034f', '⟦U+3164⟧⟦U+115F⟧⟦U+FFA0⟧⟦U+2800⟧⟦U+034F⟧'],
  ['other spaces', '\u00a0\u3000\u2003', '⟦U+00A0⟧⟦U+3000⟧⟦U+2003⟧'],
  ['line and paragraph separators', '\u2028\u2029', '⟦U+2028⟧⟦U+2029⟧'],
  ['private use and unassigned', '\ue000\u0378', '⟦U+E000⟧⟦U+0378⟧'],
  ['lone surrogates', '\ud800x\udc00', '⟦U+D800⟧x⟦U+DC00⟧'],
  ['an escape that is only pretended', '⟦U+0020⟧', '⟦U+27E6⟧U+0020⟧'],
])('%s', (_name, text, shown) => {
  expect(visible(text)).toBe(shown);
});

test('ordinary text of any script stays as it is', () => {
  for (const text of ['SELECT 1;\n\tFROM t -- ~', 'naïve Straße', 'ελληνικά', '漢字かな', 'עברית', 'e\u0301', '😀']) expect(visible(text)).toBe(text);
  expect(visibleLine('a\n\tb')).toBe('a⟦U+000A⟧⟦U+0009⟧b');
});

const anyText = fc.array(fc.oneof(fc.nat(0x10ffff).map((code) => String.fromCodePoint(code)), fc.constantFrom('⟦', '⟧', 'U+202E', '\u202e'))).map((parts) => parts.join(''));

test('different texts never look the same, and nothing hidden is left', () => {
  fc.assert(fc.property(anyText, (text) => {
    const back = visible(text).replace(/⟦U\+([0-9A-F]+)⟧/g, (_all, code: string) => String.fromCodePoint(Number.parseInt(code, 16)));
    expect(back).toBe(text);
    expect(visibleLine(text)).not.toMatch(/[\p{Cc}\p{Cf}\p{Bidi_Control}\p{Default_Ignorable_Code_Point}\p{Zl}\p{Zp}]/u);
  }), { numRuns: 500 });
});

test('JSON is as visible, and the same to a parser', () => {
  fc.assert(fc.property(anyText, (text) => {
    const json = visibleJson({ text });
    expect(JSON.parse(json)).toEqual({ text });
    expect(json).not.toMatch(/[\p{Cc}\p{Cf}\p{Bidi_Control}\p{Default_Ignorable_Code_Point}\p{Zl}\p{Zp}]/u);
  }), { numRuns: 500 });
});
