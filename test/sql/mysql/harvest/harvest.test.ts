import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

import { describe, expect, test } from 'vitest';

import { FLAVOURS } from '../../../support/mysql-binaries.ts';
import { harvestText, readHarvest } from './format.ts';

test('what is written can be read', () => {
  const texts = ['SELECT 1', 'SELECT 2', 'DELETE FROM t', "INSERT INTO t VALUES ('a\nb'), (NULL)", "INSERT INTO t VALUES ('c')", '/* x */ CREATE TABLE t (a int)', '/*!40100 SET a = 1 */', '  '];
  const { text, harmless, held } = harvestText(['a tool 1.0', 'what it does'], texts);
  expect({ harmless, held }).toEqual({ harmless: 3, held: 2 });
  expect(readHarvest(text)).toEqual([
    { held: false, text: 'SELECT 1' }, { held: false, text: "INSERT INTO t VALUES ('a\nb'), (NULL)" }, { held: false, text: '/*!40100 SET a = 1 */' },
    { held: true, text: 'DELETE FROM t' }, { held: true, text: '/* x */ CREATE TABLE t (a int)' },
  ]);
});

describe.each(FLAVOURS)('%s', (flavour) => {
  test.each(readdirSync(join(import.meta.dirname, flavour)))('%s has statements that no policy to start from should hold', (file) => {
    const harvested = readHarvest(readFileSync(join(import.meta.dirname, flavour, file), 'utf8'));
    expect(harvested.filter(({ held }) => !held).length).toBeGreaterThan(15);
    expect(harvested.every(({ text }) => text.trim() !== '')).toBe(true);
  });
});
