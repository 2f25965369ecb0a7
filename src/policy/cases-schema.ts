/** What a file of cases may say: statements, and what the policy must make of them. */

import { z } from 'zod';
import { duration, name, text } from '../config/fields.ts';
import { EFFECTS } from '../sql/facts.ts';
import { ACTIONS } from './verdict.ts';

/** `read`, or `drop table public.orders` for an effect with an object. */
const effect = z.string().refine((written) => (EFFECTS as readonly string[]).includes(written.split(' ', 1)[0] ?? ''), `an effect is one of ${EFFECTS.join(', ')}, then a space and its object if it has one`);

const table = z.strictObject({
  name: text,
  read: z.boolean().default(false),
  written: z.boolean().default(false),
  columns: z.array(text).default(['*']),
  known: z.boolean().default(true),
});

/** Facts by hand, for what can't be written as one statement: `{ effects: [read], tables: [{ name: public.a, read: true }] }`. */
const facts = z.strictObject({
  kind: z.string().default('select'),
  effects: z.array(effect).default([]),
  tables: z.array(table).default([]),
  unbounded: z.boolean().default(false),
  doubt: text.optional(),
  refused: text.optional(),
});

const oneCase = z
  .strictObject({
    name: z.string().optional(),
    sql: text.optional(),
    facts: facts.optional(),
    agent: name.optional(),
    owner: text.optional(),
    groups: z.array(name).optional(),
    database: name.optional(),
    protocol: z.enum(['postgres', 'mysql']).default('postgres'),
    transaction_age: duration.optional(),
    estimated_rows: z.int().min(0).optional(),
    /** How many its result has. */
    rows: z.int().min(0).optional(),
    now: z.iso.datetime({ offset: true, error: 'a time is written as 2026-05-04T03:00:00Z' }).optional(),
    expect: z.enum(ACTIONS),
    rule: text.optional(),
  })
  .refine((given) => (given.sql === undefined) !== (given.facts === undefined), 'a case has either sql or facts');

export const casesSchema = z.strictObject({
  /** Policy files, relative to this file; `--policy` overrides them. */
  policy: z.array(text).min(1).optional(),
  /** The tables that the statements' names mean: `public.customers: [id, email]`. */
  tables: z.record(z.string().regex(/^[^.\s]+\.[^.\s]+$/, 'a table is written as schema.name'), z.array(text)).default({}),
  cases: z.array(oneCase).min(1, 'at least one case is needed'),
});

export type CasesFile = z.output<typeof casesSchema>;
export type Case = CasesFile['cases'][number];
