/** Statements that reach further than they look: secrets, other sessions, every row, the server's log. */

import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { SERVERS, startRange } from './range.ts';
import type { Range } from './range.ts';
import { MINED } from './schema.ts';

/** None of these may pass unasked. */
const REACHING: readonly (readonly [sql: string, why: string])[] = [
  [`SELECT ('0.01'::float8).pg_sleep`, 'an unvetted built-in, called as a column'],
  [`SELECT (x).pg_sleep FROM (SELECT 0.01::float8 AS x) q`, 'an unvetted built-in, called as a column'],
  [`SELECT ('base'::text).pg_ls_dir`, 'a file function, called as a column'],
  [`SET search_path = pg_toast; SELECT count(chunk_data) FROM pg_toast_2619; RESET search_path`, 'values of other tables, by search_path'],
  [`SELECT count(*) FROM pg_toast.pg_toast_2619`, 'values of other tables'],
  [`UPDATE account_view SET rolconnlimit = -1 WHERE rolname = 'nobody'`, 'the catalog of roles, through a view'],
  [`SELECT rolpassword FROM account_view`, 'password verifiers, through a view'],
  [`UPDATE database_view SET datconnlimit = -1 WHERE datname = 'nowhere'`, 'a catalog, through a view'],
  [`BEGIN; INSERT INTO customers VALUES (2, 'x'); PREPARE TRANSACTION 'abandoned'`, 'locks that outlive the session'],
  [`COMMIT PREPARED 'abandoned'`, 'the transaction of another session'],
  [`ROLLBACK PREPARED 'abandoned'`, 'the transaction of another session'],
  [`SELECT setval('numbers', 1)`, 'every later insert, for good'],
  [`SELECT setval('numbers'::regclass, 1, false) FROM customers`, 'every later insert, for good'],
  [`SET log_statement = 'none'`, 'the server\'s log'],
  [`SELECT set_config('LOG_min_messages', 'panic', false)`, 'the server\'s log'],
  [`SET track_activities = off`, 'what others see of the session'],
  [`SET plperl.on_init = 'system("true")'`, 'code run by a language'],
  [`SET pgaudit.log = 'none'`, 'the audit'],
  [`SET event_triggers = off`, 'checks that were meant to run'],
  [`MERGE INTO customers USING (SELECT 1 AS a) s ON id = -1 WHEN NOT MATCHED BY SOURCE THEN DELETE`, 'every row'],
  [`MERGE INTO customers USING (SELECT 1 AS a) s ON id = -1 WHEN NOT MATCHED BY SOURCE AND true THEN UPDATE SET email = ''`, 'every row'],
];

for (const { version, there } of SERVERS) {
  describe.skipIf(!there)(`on ${version} PostgreSQL${there ? '' : ' (left out: this machine has none)'}`, () => {
    let range: Range;
    beforeAll(async () => {
      range = await startRange(version, MINED);
    });
    afterAll(() => range[Symbol.asyncDispose]());

    it.each(REACHING)('%s: %s', async (sql) => {
      expect(await range.action(sql)).not.toBe('allow');
    });
  });
}
