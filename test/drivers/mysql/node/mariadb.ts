/** MariaDB Connector/Node.js. */

import { createConnection } from 'mariadb';
import type { SqlError } from 'mariadb';

import { target } from '../scenario.ts';
import { answerOf, severalOf } from './client.ts';
import type { Client, Driver, Row } from './client.ts';

async function connect(): Promise<Client> {
  const { ca, ...where } = target;
  const connection = await createConnection({
    ...where, ...(ca === undefined ? {} : { ssl: { ca } }), multipleStatements: true, allowPublicKeyRetrieval: true, maxAllowedPacket: 64 * 1024 * 1024, dateStrings: true,
    decimalAsNumber: false, bigIntAsNumber: false, checkNumberRange: false,
  });
  connection.on('error', () => {}); // told of again by whatever waits
  return {
    thread: connection.threadId ?? 0,
    // Given an authority to trust, it takes nothing but TLS.
    encrypted: ca !== undefined,
    query: async (text, values) => answerOf(await connection.query(text, values)),
    execute: async (text, values) => answerOf(await connection.execute(text, values)),
    several: async (text) => severalOf(await connection.query(text)),
    stream: (text) => connection.queryStream(text) as AsyncIterable<Row>,
    bulk: async (text, values) => [await connection.batch(text, values as unknown[][])].flat().reduce((sum, { affectedRows }) => sum + affectedRows, 0),
    // It refuses COM_CHANGE_USER with MySQL, for a bug of MySQL 5.
    reset: () => (connection.info?.isMariaDB() === false ? connection.reset() : connection.changeUser({ user: target.user, password: target.password, database: target.database })),
    end: () => connection.end(),
    destroy: () => connection.destroy(),
  };
}

export const driver: Driver = { connect, message: (error) => (error as SqlError).sqlMessage ?? error.message, pipelines: true };
