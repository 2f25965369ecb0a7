/** Nobody should be asked about what tools do to look around: people who are asked too often approve without reading. */

import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { SERVERS, startRange } from './range.ts';
import type { Range } from './range.ts';
import { TOOLS } from './tools.ts';

const SHOP = `
  CREATE TABLE customers (id int, email text, name text);
  CREATE TABLE orders (id serial PRIMARY KEY, customer_id int, total numeric, status text, placed_at timestamptz, details jsonb);
  CREATE TABLE products (id int, title text, details jsonb);
  CREATE SEQUENCE tickets;
`;

for (const { version, there } of SERVERS) {
  describe.skipIf(!there)(`on ${version} PostgreSQL${there ? '' : ' (left out: this machine has none)'}`, () => {
    let range: Range;
    beforeAll(async () => {
      range = await startRange(version, SHOP);
    });
    afterAll(() => range[Symbol.asyncDispose]());

    it.each(TOOLS)('%s looks around without asking: %s', async (_, sql) => {
      const { facts, verdict } = await range.judge(sql);
      expect(verdict).toMatchObject({ action: 'allow' });
      // Whatever isn't resolved makes the catalog be read again, at every use.
      expect(facts.unresolved).toBe(false);
      expect(await range.run(`BEGIN; ${sql.replaceAll(/\$\d/g, 'NULL')}; ROLLBACK`)).not.toBe('42601');
      await range.run('ROLLBACK');
    });
  });
}
