/** mysql2. */

import mysql from 'mysql2/promise';

import { target } from '../scenario.ts';
import { answerOf, severalOf } from './client.ts';
import type { Client, Driver, Row } from './client.ts';

interface Underlying {
  readonly connection: { readonly threadId: number; query(text: string): { stream(): AsyncIterable<Row> }; readonly stream: { readonly encrypted?: boolean } };
}

async function connect(): Promise<Client> {
  const { ca, ...where } = target;
  const connection = await mysql.createConnection({ ...where, ...(ca === undefined ? {} : { ssl: { ca } }), multipleStatements: true, supportBigNumbers: true, bigNumberStrings: true });
  connection.on('error', () => {}); // told of again by whatever waits
  const { connection: underlying } = connection as unknown as Underlying;
  return {
    thread: underlying.threadId,
    encrypted: underlying.stream.encrypted === true,
    query: async (text, values = []) => answerOf((await connection.query(text, [...values]))[0]),
    execute: async (text, values = []) => answerOf((await connection.execute(text, values as string[]))[0]),
    several: async (text) => severalOf((await connection.query(text))[0]),
    stream: (text) => underlying.query(text).stream(),
    bulk: async (text, values) => answerOf((await connection.query(text.replace(/\(\?.*\)/, '?'), [values]))[0]).affected,
    reset: () => connection.changeUser({ user: target.user, password: target.password, database: target.database }),
    end: () => connection.end(),
    destroy: () => connection.destroy(),
  };
}

export const driver: Driver = { connect, message: ({ message }) => message, pipelines: false };
