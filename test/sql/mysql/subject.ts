/** A real server with the corpus's schema, and an understanding of it. */

import { createConnection } from 'mysql2/promise';
import type { Connection, RowDataPacket } from 'mysql2/promise';
import type { MysqlFlavour } from '../../../src/demo/mysql-binaries.ts';
import type { CatalogSource } from '../../../src/sql/catalog.ts';
import { loadCatalog } from '../../../src/sql/mysql/catalog-load.ts';
import { startMysql } from '../../support/mysql.ts';
import type { TestMysql } from '../../support/mysql.ts';
import { MARIADB_ONLY, SCHEMA } from './schema.ts';

export interface Subject extends AsyncDisposable {
  readonly server: TestMysql;
  readonly catalogSource: CatalogSource;
}

export async function startSubject(flavour: MysqlFlavour): Promise<Subject> {
  const server = await startMysql({ flavour, settings: { log_bin_trust_function_creators: true } });
  const maker = await createConnection({ uri: server.url });
  for (const statement of [...SCHEMA, ...(flavour === 'mariadb' ? MARIADB_ONLY : [])]) await maker.query(statement);
  const reader = await createConnection({ uri: server.url });
  return {
    server,
    catalogSource: { load: () => loadCatalog(queryOn(reader)) },
    async [Symbol.asyncDispose]() {
      await Promise.all([maker.end(), reader.end()]);
      await server.stop();
    },
  };
}

export const queryOn = (connection: Connection) => async (sql: string): Promise<readonly Record<string, unknown>[]> => (await connection.query<RowDataPacket[]>(sql))[0];
