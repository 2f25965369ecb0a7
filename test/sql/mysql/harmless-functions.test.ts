import { createConnection } from 'mysql2/promise';
import { describe, expect, it } from 'vitest';
import { HARMLESS } from '../../../src/sql/mysql/harmless.ts';
import { SENSITIVE } from '../../../src/sql/mysql/sensitive.ts';
import { testedFlavours } from '../../support/mysql-binaries.ts';
import { startMysql } from '../../support/mysql.ts';

/** Of newer or older versions than those here; MySQL 9 has its old hashes in a component. */
const ELSEWHERE = {
  mariadb: /^(analyse|json_array_intersect|json_key_value|json_object_filter_keys|json_object_to_array|kdf|to_date|to_number|uuid_v[47]|vec_.*|json_table|(geom|geometry)collection|(multi)?(linestring|point|polygon))$/,
  mysql: /^(md5|sha1?|cosine_distance|euclidean_distance)$/,
} as const;

describe.each(testedFlavours())('%s', (flavour) => {
  it('has every function that is vetted for it: no stored one could be meant', async () => {
    const server = await startMysql({ flavour });
    const connection = await createConnection({ uri: server.url });
    const strangers: string[] = [];
    for (const name of [...HARMLESS[flavour], ...SENSITIVE.keys()]) {
      const error: unknown = await connection.query(`SELECT ${name}()`).then(() => undefined, (thrown: unknown) => thrown);
      if ((error as { errno?: number } | undefined)?.errno === 1305 && !ELSEWHERE[flavour].test(name)) strangers.push(name);
    }
    await connection.end();
    await server.stop();
    expect(strangers.filter((name) => !(flavour === 'mysql' && (name === 'nextval' || name === 'setval')))).toEqual([]);
  });
});
