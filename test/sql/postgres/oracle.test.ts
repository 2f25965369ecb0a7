/** The server itself says whether the facts are right: what it parses, what it calls a write, what its plans read. */

import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Effect, Facts, Understanding } from '../../../src/sql/facts.ts';
import { createUnderstanding } from '../../../src/sql/postgres/understanding.ts';
import { npmBinaries, systemBinaries } from '../../support/postgres-binaries.ts';
import { CORPUS } from './corpus/all.ts';
import type { Case } from './corpus/case.ts';
import { startSubject } from './subject.ts';
import type { Subject } from './subject.ts';

/** Statements that a read-only transaction refuses do at least one of these. */
const CHANGES: ReadonlySet<Effect> = new Set<Effect>([
  'insert', 'update', 'delete', 'import', 'create', 'alter', 'drop', 'truncate', 'privilege', 'maintenance', 'lock', 'notify', 'routine', 'dynamic', 'admin', 'replication',
]);

/** Waits, ends the session or the server, or can't be taken back. */
const UNSAFE = /pg_sleep|pg_terminate|pg_cancel|pg_promote|pg_switch_wal|pg_reload|PROGRAM|CHECKPOINT|ALTER SYSTEM|TABLESPACE|pg_stat_reset|DATABASE|lo_export|CREATE SUBSCRIPTION|STDIN|STDOUT|LOAD|role|ROLE|AUTHORIZATION|client_encoding|NAMES|slot|DISCARD ALL|TO '\//;

const SERVERS = [
  { version: 'embedded', there: npmBinaries() !== undefined },
  { version: 'system', there: systemBinaries() !== undefined },
] as const;

for (const { version, there } of SERVERS) {
  describe.skipIf(!there)(`${version} PostgreSQL agrees${there ? '' : ' (left out: this machine has none)'}`, () => {
    let subject: Subject;
    let understanding: Understanding;

    beforeAll(async () => {
      subject = await startSubject(version);
      understanding = await createUnderstanding({ catalogSource: subject.catalogSource });
    });
    afterAll(() => subject[Symbol.asyncDispose]());

    it('on what is a statement', async () => {
      const differing: string[] = [];
      for (const { sql, flags } of CORPUS) {
        const accepted = await parses(subject, sql);
        const facts = await understanding.facts(sql);
        const expected = flags.has('pg18') && subject.major < 18 ? true : accepted;
        if ((facts.doubt === undefined) !== expected) differing.push(sql);
      }
      expect(differing).toEqual([]);
    });

    it('on what changes something: a read-only transaction refuses nothing that is called a mere read', async () => {
      const missed: string[] = [];
      for (const each of CORPUS.filter(isSafeAlone)) {
        const code = await codeWithin(subject, 'BEGIN READ ONLY', each.sql);
        const facts = await understanding.facts(each.sql);
        if (code === '25006' && !facts.effects.some(({ effect }) => CHANGES.has(effect))) missed.push(each.sql);
      }
      expect(missed).toEqual([]);
    });

    it('on which relations a plan reads', async () => {
      const missed: string[] = [];
      let planned = 0;
      for (const { sql } of CORPUS.filter(isSafeAlone)) {
        const relations = await plannedRelations(subject, sql);
        if (relations.length > 0) planned++;
        const facts = await understanding.facts(sql);
        for (const relation of relations) if (!touches(facts, relation) && !saysMore(facts)) missed.push(`${relation}: ${sql}`);
      }
      expect(missed).toEqual([]);
      expect(planned).toBeGreaterThan(100);
    });
  });
}

const touches = (facts: Facts, relation: string): boolean => facts.tables.some(({ name }) => name === relation);

/** What the server's own views read isn't followed, nor what code does that the facts call `routine` or `dynamic`, nor what a session's names stand for. */
const saysMore = (facts: Facts): boolean =>
  facts.effects.some(({ effect }) => effect === 'dynamic' || effect === 'routine') ||
  facts.statements.some(({ names }) => names.some(({ use }) => use === 'execute')) ||
  facts.tables.some(({ name }) => /^(information_schema\.|pg_catalog\.pg_shadow)/.test(name));

const isSafeAlone = ({ sql, flags }: Case): boolean => !UNSAFE.test(sql) && !flags.has('rejected') && !sql.includes(';') && !/^\s*(BEGIN|START|COMMIT|END|ROLLBACK|ABORT|PREPARE TRANSACTION)/i.test(sql);

/** The whole text is parsed before its first statement runs, and that one fails. */
async function parses({ client }: Subject, sql: string): Promise<boolean> {
  return (await codeOf(client.query(`DO $stop$ BEGIN RAISE EXCEPTION USING ERRCODE = 'CS001'; END $stop$; ${sql}`))) === 'CS001';
}

async function codeOf(running: Promise<unknown>): Promise<string | undefined> {
  try {
    await running;
    return undefined;
  } catch (error) {
    return (error as { code?: string }).code ?? String(error);
  }
}

async function codeWithin({ client }: Subject, begin: string, sql: string): Promise<string | undefined> {
  await client.query(begin);
  try {
    return await codeOf(client.query(`SET LOCAL statement_timeout = '2s'; ${sql.replaceAll(/\$\d/g, 'NULL')}`));
  } finally {
    await client.query('ROLLBACK');
  }
}

interface Plan {
  readonly 'Relation Name'?: string;
  readonly Schema?: string;
  readonly Plans?: readonly Plan[];
}

/** `schema.name` of every relation in the statement's plan; none when it can't be planned. */
async function plannedRelations({ client }: Subject, sql: string): Promise<string[]> {
  try {
    const { rows } = await client.query<{ 'QUERY PLAN': readonly { Plan: Plan }[] }>(`EXPLAIN (VERBOSE, FORMAT JSON) ${sql.replaceAll(/\$\d/g, 'NULL')}`);
    return rows.flatMap((row) => row['QUERY PLAN'].flatMap(({ Plan }) => relationsOf(Plan)));
  } catch {
    return [];
  }
}

function relationsOf(plan: Plan): string[] {
  const own = plan['Relation Name'] === undefined ? [] : [`${plan.Schema ?? ''}.${plan['Relation Name']}`];
  return [...own, ...(plan.Plans ?? []).flatMap(relationsOf)];
}
