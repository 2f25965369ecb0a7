import { expect, it } from 'vitest';
import { explainFacts } from '../../src/sql/explain.ts';
import { Catalog } from '../../src/sql/catalog.ts';
import type { CatalogData } from '../../src/sql/catalog.ts';
import { createUnderstanding } from '../../src/sql/postgres/understanding.ts';

const CATALOG: CatalogData = {
  serverVersion: 180_004,
  relations: [{ schema: 'public', name: 'customers', oid: 16_400, kind: 'r', columns: [{ name: 'email', number: 1, type: 'text' }], children: [], system: false }],
  functions: [],
  builtins: ['pg_sleep'],
  operators: [],
  types: [],
  extensions: [],
};

const understanding = await createUnderstanding({ catalogSource: { load: () => Promise.resolve(CATALOG) } });
const explain = async (sql: string): Promise<string> => explainFacts(await understanding.facts(sql), sql);

it('is read line by line', async () => {
  expect(new Catalog(CATALOG).relations(undefined, 'customers')).toHaveLength(1);
  expect(await explain('UPDATE customers SET email = \'x\'; SET LOCAL standard_conforming_strings = off; EXECUTE p; SELECT pg_sleep(1) FROM nowhere')).toBe(
    `update: UPDATE customers SET email = 'x'
  effects  update       public.customers
  tables   public.customers written (email)
  unbounded: it changes rows without a condition that selects them

set: SET LOCAL standard_conforming_strings = off
  effects  session      standard_conforming_strings
  settings standard_conforming_strings = off, for the transaction
  refused whatever the policy: standard_conforming_strings must stay on: it decides where strings end.

execute: EXECUTE p
  effects  session      prepared statement p
  names    execute p

select: SELECT pg_sleep(1) FROM nowhere
  effects  read         nowhere
           routine      function pg_catalog.pg_sleep (pg_sleep is not a vetted built-in)
  tables   nowhere read not in the catalog`,
  );
});

it('says what is not understood', async () => {
  expect(await explain('SELEC')).toBe('Not understood: PostgreSQL 18 doesn\'t accept this text: syntax error at or near "SELEC".\n  effects  unknown');
  expect(await explain('')).toBe('No statement.');
});

it('lets no name play tricks on the terminal', async () => {
  const shown = await explain('SELECT 1 FROM "\u001b[2Jx\u202ey"');
  expect(shown).toContain('\\u{1b}[2Jx\\u{202e}y');
  for (const hidden of ['\u001b', '\u202e']) expect(shown).not.toContain(hidden);
});
