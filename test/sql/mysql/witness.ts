/** Runs a text at a real server and says what that made of it, by the server's own counters of commands and its errors. */

import { createConnection } from 'mysql2/promise';
import type { Connection, RowDataPacket } from 'mysql2/promise';
import type { TestMysql } from '../../support/mysql.ts';

export interface Testimony {
  /** Commands begun, by the names of the Com_ counters without that prefix: `select`, `drop_table`. A command that fails is counted too. */
  readonly commands: ReadonlyMap<string, number>;
  /** The error that ended the text. */
  readonly error: { readonly number: number; readonly message: string } | undefined;
}

/** May look at rows and change them, and nothing else: what a text begins is counted before it is forbidden. */
const GRANTS = ['SELECT, INSERT, UPDATE, DELETE, EXECUTE, LOCK TABLES, CREATE TEMPORARY TABLES ON shop.*'] as const;

export class Witness implements AsyncDisposable {
  readonly #connect: () => Promise<Connection>;
  readonly #heal: () => Promise<unknown>;
  #connection: Connection | undefined;

  private constructor(connect: () => Promise<Connection>, heal: () => Promise<unknown>) {
    this.#connect = connect;
    this.#heal = heal;
  }

  static async at(server: TestMysql): Promise<Witness> {
    await server.query("CREATE USER witness IDENTIFIED BY 'x'");
    for (const grant of GRANTS) await server.query(`GRANT ${grant} TO witness`);
    const uri = server.urlFor({ user: 'witness', password: 'x', database: 'shop' });
    return new Witness(() => createConnection({ uri, multipleStatements: true }), () => server.query("ALTER USER witness IDENTIFIED BY 'x'"));
  }

  /** The session is as at its beginning, but for sql_mode. Undefined when the text has ended the session. */
  async hear(text: string, sqlMode: string): Promise<Testimony | undefined> {
    const before = await this.#begin(sqlMode);
    const error = await this.#run(text);
    const after = await this.#counters().catch(() => undefined);
    if (after === undefined) {
      this.#connection?.destroy();
      this.#connection = undefined;
      return undefined;
    }
    const commands = new Map([...after].flatMap(([name, count]): [string, number][] => {
      const more = count - (before.get(name) ?? 0) - (name === 'show_status' ? 1 : 0);
      return more > 0 ? [[name, more]] : [];
    }));
    return { commands, error };
  }

  async #begin(sqlMode: string): Promise<Map<string, number>> {
    const connection = await this.#fresh();
    await connection.query(`SET SESSION sql_mode = '${sqlMode}'`);
    return this.#counters();
  }

  /** A text may have changed the witness's own password. */
  async #fresh(): Promise<Connection> {
    try {
      this.#connection ??= await this.#connect();
      // The driver would go on in the character set that the last text has left.
      await this.#connection.changeUser({ database: 'shop', charset: 'UTF8MB4_GENERAL_CI' });
    } catch {
      this.#connection?.destroy();
      await this.#heal();
      this.#connection = await this.#connect();
    }
    return this.#connection;
  }

  async #counters(): Promise<Map<string, number>> {
    const connection = (this.#connection ??= await this.#connect());
    const [rows] = await connection.query<RowDataPacket[]>({ sql: 'SHOW SESSION STATUS LIKE \'Com%\'', rowsAsArray: true });
    return new Map((rows as unknown as [string, string][]).filter(([name]) => name.startsWith('Com_') && !name.startsWith('Com_stmt')).map(([name, count]) => [name.slice(4), Number(count)]));
  }

  async #run(text: string): Promise<Testimony['error']> {
    try {
      await this.#connection?.query({ sql: text, timeout: 10_000 });
      return undefined;
    } catch (error) {
      const { errno, message } = error as { errno?: number; message: string };
      return { number: errno ?? 0, message };
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#connection?.end();
  }
}
