/** What a policy file may say; relations between its parts are checked in check.ts. */

import { z } from 'zod';
import { name, wait } from '../config/fields.ts';
import { EFFECTS } from '../sql/facts.ts';
import { DETECTORS } from '../masking/detectors/detector.ts';
import { MASKS } from '../masking/sight.ts';
import { COLUMN_PATTERN, MAX_STARS, TABLE_PATTERN } from './pattern.ts';
import { ACTIONS } from './verdict.ts';

const few = (text: string): boolean => text.split('*').length - 1 <= MAX_STARS;
const tooMany = `a pattern has at most ${MAX_STARS} stars`;
const NONE = 'an empty list matches nothing; leave the key out to mean any';

const table = z.string().regex(TABLE_PATTERN, 'a table is written as name or schema.name, with * for any characters').refine(few, tooMany);
const column = z.string().regex(COLUMN_PATTERN, 'a column is written as table.column or schema.table.column, with * for any characters').refine(few, tooMany);
const word = z.string().regex(/^[A-Za-z0-9*][A-Za-z0-9_.*-]{0,62}$/, 'a name, with * for any characters, is needed here').refine(few, tooMany);
const kind = z.string().regex(/^[a-z*][a-z *]{0,62}$/, 'a kind is written in lower case, such as "select" or "create table"').refine(few, tooMany);

const list = <T extends z.ZodType>(of: T): z.ZodArray<T> => z.array(of).min(1, NONE);

/** How a hold ends; each key has a default in `holds` of the file, then in the configuration. */
const terms = {
  approvers: list(name).optional(),
  quorum: z.int().min(1, 'at least one person must approve').max(10, 'a quorum of more than 10 people is a mistake').optional(),
  within: wait.optional(),
  mode: z.enum(['inline', 'deferred']).optional(),
  channel: z.string().min(1).optional(),
  /** `{ to: [managers], after: 5m }` */
  escalate: z.strictObject({ to: list(name), after: wait }).optional(),
  break_glass: list(name).optional(),
};

const rows = z.int('a number of rows is needed here').min(0, 'a number of rows is needed here');

function rowsOver(given: unknown, { issues }: { readonly issues: z.core.$ZodRawIssue[] }): unknown {
  if (typeof given === 'number') return { statement: given };
  if (typeof given === 'object' && given !== null && Object.keys(given).length > 0) return given;
  issues.push({ code: 'custom', message: 'rows_over is a number of rows, or { statement: …, session: …, hour: … } with one or more of these', input: given });
  return z.NEVER;
}

const rule = z.strictObject({
  name,
  effects: list(z.enum(EFFECTS)).optional(),
  tables: list(table).optional(),
  columns: list(column).optional(),
  databases: list(word).optional(),
  agents: list(word).optional(),
  groups: list(word).optional(),
  kinds: list(kind).optional(),
  unbounded: z.boolean().optional(),
  /** `1000`, of one statement; or `{ session: 10000, hour: 50000 }`. */
  rows_over: z.preprocess(rowsOver, z.strictObject({ statement: rows.optional(), session: rows.optional(), hour: rows.optional() })).optional(),
  when: z.string().min(1, 'a condition is needed here').optional(),
  // eslint-disable-next-line unicorn/no-thenable -- the key of the file format; these objects are never awaited
  then: z.enum(ACTIONS),
  because: z.string().max(500).optional(),
  ...terms,
});

/** `{ columns: [customers.email], mask: email, filtered: equality, derived: mask, copied: hold, unmask: [dba] }` */
const sensitive = z.strictObject({
  columns: list(column),
  mask: z.enum(MASKS),
  /** What the mask `constant` shows. */
  value: z.string().max(200).optional(),
  filtered: z.enum(['equality', 'mask', 'hold', 'deny']).default('equality'),
  derived: z.enum(['mask', 'hold', 'deny']).default('mask'),
  copied: z.enum(['hold', 'deny']).default('hold'),
  unmask: z.array(name).default([]),
  hide_nulls: z.boolean().default(false),
});

/** `{ find: [email, card], columns: ["notes.*"], unmask: [dba] }`: hits inside the values of text columns are replaced. */
const detect = z.strictObject({
  find: list(z.enum(DETECTORS)),
  columns: list(column).optional(),
  databases: list(word).optional(),
  mask: z.enum(['redact']).default('redact'),
  unmask: z.array(name).default([]),
});

export const policySchema = z.strictObject({
  version: z.literal(1),
  /** `observe`: what the rules hold or deny runs, and is only recorded. All files say so or none. */
  mode: z.enum(['enforce', 'observe']).default('enforce'),
  /** For any effect that no rule covers. With several files the more restrictive one counts. */
  default: z.enum(['hold', 'deny']).optional(),
  /** Terms of holds whose rule says nothing else, and of the default; in one file only. */
  holds: z.strictObject(terms).optional(),
  sensitive: z.array(sensitive).default([]),
  detect: z.array(detect).default([]),
  rules: z.array(rule).default([]),
});

export type PolicyFile = z.output<typeof policySchema>;
export type RuleShape = PolicyFile['rules'][number];
