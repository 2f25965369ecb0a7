/** What may be asked, by the command line and by the API alike. */

import { z } from 'zod';
import { nearest } from '../config/nearest.ts';
import { ACTIONS } from '../policy/verdict.ts';
import { EFFECTS } from '../sql/facts.ts';
import { ENTRY_KINDS } from './entry.ts';
import { type Facet, meant } from './facets.ts';

const MAX_LIMIT = 200;

const value = z.string().min(1, 'a value is needed').max(500, 'at most 500 characters');

/** One of a closed list, or several by `*`. */
const oneOf = (facet: Facet, words: readonly string[]): z.ZodType<string> => value.check((context) => {
  const given = context.value;
  if (meant(facet, given, words).length > 0) return;
  const near = nearest(given, words);
  context.issues.push({ code: 'custom', input: given, message: `there is no ${facet} "${given}"; ${near === undefined ? `there are ${words.join(', ')}` : `did you mean "${near}"?`}` });
});

const WRITTEN_LIKE = 'a time is written as 2026-03-01T08:00:00Z, or 2026-03-01 for its beginning in UTC';
const moment = z.union([z.iso.datetime({ offset: true }), z.iso.date()], WRITTEN_LIKE).transform((text) => Date.parse(text));

const cursor = z.string().transform((given, context) => {
  const sequence = /^1:(\d{1,16})$/.exec(Buffer.from(given, 'base64url').toString('latin1'))?.[1];
  if (sequence !== undefined) return Number(sequence);
  context.addIssue({ code: 'custom', message: 'it isn\'t what a search gave as next' });
  return z.NEVER;
});

export const cursorAfter = (sequence: number): string => Buffer.from(`1:${sequence}`, 'latin1').toString('base64url');

export const SearchQuery = z.strictObject({
  text: z.string().min(1, 'a word is needed').max(1000, 'at most 1000 characters').optional()
    .meta({ description: 'Words that must all be there, in texts, parameters, errors, reasons; `"drop table"` side by side, `custom*` as a beginning' }),
  kind: oneOf('kind', ENTRY_KINDS).optional().meta({ description: `${ENTRY_KINDS.join(', ')}; person.* for several` }),
  agent: value.optional(),
  owner: value.optional().meta({ description: 'Of the agent' }),
  person: value.optional().meta({ description: 'Who decided, signed in or out, froze or thawed' }),
  database: value.optional().meta({ description: 'Its name in the configuration' }),
  session: value.optional(),
  request: value.optional(),
  effect: oneOf('effect', EFFECTS).optional(),
  table: value.optional().meta({ description: 'schema.table, or its end: table' }),
  column: value.optional().meta({ description: 'schema.table.column, or its end; what may have touched all columns of the table is found, too' }),
  verdict: oneOf('verdict', ACTIONS).optional(),
  rule: value.optional(),
  since: moment.optional().meta({ description: 'From this moment on' }),
  until: moment.optional().meta({ description: 'Before this moment' }),
  limit: z.coerce.number('a number is needed').int('a whole number is needed').min(1, 'at least 1').max(MAX_LIMIT, `at most ${MAX_LIMIT}`).default(50),
  after: cursor.optional().meta({ description: 'next of the page before' }),
});
export type SearchQuery = z.output<typeof SearchQuery>;
