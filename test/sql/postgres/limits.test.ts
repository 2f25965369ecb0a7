import { describe, expect, it } from 'vitest';
import { DEFAULT_LIMITS, measure } from '../../../src/sql/postgres/limits.ts';

const reject = (text: string): string => {
  const measured = measure(text, DEFAULT_LIMITS);
  if (typeof measured !== 'string') throw new Error('within the limits');
  return measured;
};

describe('what the scanner could not bear is named', () => {
  it.each([
    ['NUL', 'SELECT 1\0; DROP TABLE t', 'NUL'],
    ['bytes', 'x'.repeat(1024 * 1024 + 1), '1048576'],
    ['bytes, not characters', 'é'.repeat(600_000), '1200000 bytes'],
    ['a lone surrogate', 'SELECT \'\ud800\'', 'well-formed'],
    ['nested comments', '/*'.repeat(33) + '*/'.repeat(33), 'deeper than 32'],
    ['400 KB of comment openings', '/*'.repeat(200_000), 'deeper than 32'],
    ['adjacent comments', '/**/'.repeat(100_000), 'more than 64 comments'],
    ['comments glued to operators', '+/**/'.repeat(10_000), 'more than 64 comments'],
    ['comments glued by comment stars', '/***/*'.repeat(10_000), 'more than 64 comments'],
    ['openings within a comment', `/* ${'/**/'.repeat(10_000)} */`, 'more than 64 comments'],
    ['long operators', `SELECT 1 ${'+'.repeat(65)} 2`, 'more than 64 characters'],
    ['deep parentheses', '('.repeat(1001), 'deeper than 1000'],
    ['deep brackets', '['.repeat(1001), 'deeper than 1000'],
  ])('%s', (_, text, words) => {
    expect(reject(text)).toContain(words);
  });
});

describe('what merely looks like it passes', () => {
  it.each([
    ['a banner', `/${'*'.repeat(500)}/ SELECT 1`],
    ['a ruled line', `${'-'.repeat(500)}\nSELECT 1`],
    ['operators in a string', `SELECT '${'/*'.repeat(500)}${'='.repeat(500)}'`],
    ['operators in an escape string', `SELECT E'\\'${'/*'.repeat(500)}'`],
    ['operators in a quoted name', `SELECT "${'/*'.repeat(500)}"`],
    ['operators in a dollar quote', `SELECT $a$${'/*'.repeat(500)}$a$`],
    ['parentheses in a comment', `/* ${'('.repeat(2000)} */ SELECT 1`],
    ['comment openings in a line comment', `-- ${'/*'.repeat(500)}\nSELECT 1`],
    ['many comments apart', '/* a */ '.repeat(1000)],
    ['comments nested to the limit', '/*'.repeat(32) + '*/'.repeat(32)],
    ['a parameter', 'SELECT $1, $2'],
  ])('%s', (_, text) => {
    expect(measure(text, DEFAULT_LIMITS)).toMatchObject({ bytes: Buffer.byteLength(text) });
  });
});

it('sees what hides behind the end of a string, as the server does', () => {
  const bomb = '/*'.repeat(100);
  // Backslashes escape nothing in a plain string, and e is part of the name in namee''.
  expect(reject(`SELECT '\\'${bomb}`)).toContain('deeper');
  expect(reject(`SELECT name'\\'${bomb}`)).toContain('deeper');
  expect(reject(`SELECT $a$ $b$ $a$${bomb}`)).toContain('deeper');
  expect(reject(`SELECT x$a$${bomb}`)).toContain('deeper');
});

it('is linear', () => {
  const time = (text: string): number => {
    const start = performance.now();
    measure(text, { ...DEFAULT_LIMITS, bytes: 64 * 1024 * 1024 });
    return performance.now() - start;
  };
  const patterns = ['\'', '"', '$', '$a$', '$a', 'E\'\\', '/* ', '--', '- ', '(', '*/'];
  for (const pattern of patterns) expect(time(pattern.repeat(1_000_000 / pattern.length)), pattern).toBeLessThan(1000);
});
