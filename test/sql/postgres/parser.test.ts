import { describe, expect, it } from 'vitest';
import { ParseFailure, Parser } from '../../../src/sql/postgres/parser.ts';

const failureOf = (run: () => unknown): ParseFailure => {
  try {
    run();
  } catch (error) {
    if (error instanceof ParseFailure) return error;
    throw error;
  }
  throw new Error('parsed');
};

const CHAIN = `SELECT ${Array.from({ length: 20_000 }, () => '1').join('+')}`;

describe('an instance', () => {
  it('parses, and says what the grammar says', async () => {
    const parser = await Parser.start();
    expect(parser.parse('SELECT 1').stmts).toHaveLength(1);
    expect(failureOf(() => parser.parse('SELEC 1'))).toMatchObject({ code: 'syntax', message: 'syntax error at or near "SELEC"' });
    expect(failureOf(() => parser.parse('SELECT 1 out of memory stack'))).toMatchObject({ code: 'syntax' });
    expect(failureOf(() => parser.parse('out of memory'))).toMatchObject({ code: 'syntax' });
    expect(parser.isReady).toBe(true);
  });

  it('is thrown away when a text breaks it, and another takes its place', async () => {
    const parser = await Parser.start();
    expect(failureOf(() => parser.parse(CHAIN))).toMatchObject({ code: 'broken' });
    expect(parser.isReady).toBe(false);
    expect(failureOf(() => parser.parse('SELECT 1'))).toMatchObject({ code: 'starting' });
    await parser.ready();
    expect(parser.parse('SELECT 1').stmts).toHaveLength(1);
  });

  it('survives any number of such texts', async () => {
    const parser = await Parser.start();
    for (let round = 0; round < 35; round++) {
      expect(failureOf(() => parser.parse(CHAIN)).code).toBe('broken');
      await parser.ready();
    }
    expect(parser.parse('SELECT 1').stmts).toHaveLength(1);
  });

  it('holds what it needs and no more over many texts', async () => {
    const parser = await Parser.start();
    for (let round = 0; round < 20_000; round++) parser.parse('SELECT 1');
    const before = process.memoryUsage().rss;
    for (let round = 0; round < 20_000; round++) parser.parse('SELECT 1');
    expect(process.memoryUsage().rss - before).toBeLessThan(32 * 1024 * 1024);
  });
});
