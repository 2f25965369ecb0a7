/**
 * A database has a name of its own in the configuration, by which agents connect, and the schema's at the server, which all their statements
 * name it by. Who says USE with the name it has connected by is told the other one in the server's own error. It isn't translated: a schema
 * called so may come into being at any time, and texts are judged and journalled as they run.
 */

import { mysqlName } from '../sql/quoting.ts';
import { decodeErr, encodeErr } from './packets/err.ts';
import { HEADER_BYTES } from './packets/frame.ts';

export interface DatabaseNames {
  /** In the configuration. */
  readonly name: string;
  /** At the server. */
  readonly schema: string;
}

/** ER_DBACCESS_DENIED_ERROR, ER_BAD_DB_ERROR. Which of them depends on the privileges of the proxy's own user. */
const NO_SUCH_DATABASE: ReadonlySet<number> = new Set([1044, 1049]);

/**
 * The ERR with a hint, when it may be due to that; else undefined.
 * @param payload of the server's ERR to a statement that chooses a database
 */
export function withSchemaHint(payload: Buffer, { name, schema }: DatabaseNames): Buffer | undefined {
  const { errno, sqlstate, message } = decodeErr(payload);
  if (name === schema || !NO_SUCH_DATABASE.has(errno) || !message.includes(`'${name}'`)) return undefined;
  return encodeErr(0, { errno, sqlstate, message: `${message}. The database you connect to as '${name}' is schema '${schema}' at the server: say USE ${mysqlName(schema)}` }).subarray(HEADER_BYTES);
}
