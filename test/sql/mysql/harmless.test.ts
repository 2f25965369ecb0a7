/** What ORMs, drivers and clients really sent must pass under the policy to start from, but for what that means to hold. */

import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { beforeAll, describe, expect, it } from 'vitest';
import type { CompiledPolicy } from '../../../src/policy/decide.ts';
import { loadPolicy } from '../../../src/policy/load.ts';
import type { CatalogData } from '../../../src/sql/catalog.ts';
import type { Facts } from '../../../src/sql/facts.ts';
import { createUnderstanding } from '../../../src/sql/mysql/understanding.ts';
import type { MysqlUnderstanding } from '../../../src/sql/mysql/understanding.ts';
import { readHarvest } from './harvest/format.ts';
import type { Harvested } from './harvest/format.ts';

const HARVEST = join(import.meta.dirname, 'harvest');

/** Nothing is known of the tools' tables: that changes what is called known, not what is read or written. */
const SERVERS = {
  mariadb: { serverVersion: 101119, mysql: { flavour: 'mariadb', lowerCaseTableNames: 0, sqlMode: 'STRICT_TRANS_TABLES,ERROR_FOR_DIVISION_BY_ZERO,NO_AUTO_CREATE_USER,NO_ENGINE_SUBSTITUTION' } },
  mysql: { serverVersion: 90704, mysql: { flavour: 'mysql', lowerCaseTableNames: 0, sqlMode: 'ONLY_FULL_GROUP_BY,STRICT_TRANS_TABLES,NO_ZERO_IN_DATE,NO_ZERO_DATE,ERROR_FOR_DIVISION_BY_ZERO,NO_ENGINE_SUBSTITUTION' } },
} as const;

const catalog = (server: (typeof SERVERS)[keyof typeof SERVERS]): CatalogData => ({ ...server, relations: [], functions: [], builtins: [], operators: [], types: [], extensions: [] });

describe.each(['mariadb', 'mysql'] as const)('%s', (flavour) => {
  let understanding: MysqlUnderstanding;
  let policy: CompiledPolicy;

  beforeAll(async () => {
    understanding = await createUnderstanding({ catalogSource: { load: () => Promise.resolve(catalog(SERVERS[flavour])) }, database: 'shop' });
    policy = await loadPolicy(['policies/default.yaml']);
  });

  const action = (text: string, facts: Facts): string => (facts.refused === undefined ? policyAction(text, facts) : 'refused');

  const policyAction = (text: string, facts: Facts): string => policy.decide(facts, {
    agent: { name: 'reporter', owner: 'dana@example.com', groups: [] }, database: { name: 'shop', protocol: 'mysql' },
    text, transaction: { open: false, ageMs: 0 }, now: new Date(0),
  }).action;

  const judged = async (harvested: readonly Harvested[], wrong: (verdict: string) => boolean): Promise<string[]> => {
    const facts = await Promise.all(harvested.map(async ({ text }) => understanding.facts(text)));
    return harvested.flatMap(({ text }, index) => {
      const each = facts[index];
      return each !== undefined && wrong(action(text, each)) ? [told(text, each)] : [];
    });
  };

  describe.each(readdirSync(join(HARVEST, flavour)))('%s', (file) => {
    const harvested = readHarvest(readFileSync(join(HARVEST, flavour, file), 'utf8'));

    it('is never held for what is harmless', async () => {
      expect(await judged(harvested.filter(({ held, text }) => !held && !GUARDED.test(text)), (verdict) => verdict !== 'allow')).toEqual([]);
    });

    it('is held for the rest', async () => {
      expect(await judged(harvested.filter(({ held }) => held), (verdict) => verdict === 'allow')).toEqual([]);
    });
  });
});

/** Password hashes, and functions that keep the server busy, are held on purpose: a client's own trials asked for them. */
const GUARDED = /\bmysql\.user\b|\bsleep\(/i;

const told = (text: string, { effects, doubt, refused }: Facts): string => `${refused ?? doubt ?? effects.map(({ effect, objects }) => `${effect} ${objects.join(' ')}`).join(', ')}: ${text.slice(0, 300)}`;
