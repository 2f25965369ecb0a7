/** Sessions at random over the schema: queries that nest, writes, and what goes over several statements. */

import { Random } from '../random.ts';
import { type Protocol, RELATIONS, UNMASKED } from '../relations.ts';
import { copyIn, copyOut, copyWritten } from './copies.ts';
import { error } from './errors.ts';
import { handler, mysqlOnly, variables } from './mysql.ts';
import { postgresOnly } from './postgres.ts';
import { Queries } from './queries.ts';
import { type Script, script } from './script.ts';
import { cursor, elsewhere, explain, prepare, savepoints, temporary } from './sessions.ts';
import { write } from './writes.ts';

type Family = (queries: Queries) => Script;

const reads: Family = (queries) => script('query', [queries.query(3)]);
const extended: Family = (queries) => script('extended', [queries.prepared(() => queries.query(queries.random.pick([2, 3])))]);

/** Definitions have the proxy read the whole catalog again: enough of them, and no more. */
const defines: Family = (queries) => (queries.random.chance(3) ? temporary(queries) : savepoints(queries));

/** A family as often as it is named. */
const BOTH: readonly Family[] = [reads, reads, reads, reads, reads, reads, extended, extended, extended, write, write, write, error, error, prepare, prepare, defines, elsewhere, explain];
const FAMILIES: Readonly<Record<Protocol, readonly Family[]>> = {
  postgres: [...BOTH, postgresOnly, postgresOnly, cursor, cursor, copyOut, copyWritten, copyIn],
  mysql: [...BOTH, mysqlOnly, mysqlOnly, variables, handler],
};

export interface Session extends Script {
  /** It uses relations that have masked columns. */
  readonly masked: boolean;
}

/** The same for the same seed. One in eight uses nothing that has masked columns: none of its statements may be refused for a mask. */
export function sessionOf(seed: number, protocol: Protocol): Session {
  const random = new Random(seed);
  const masked = !random.chance(8);
  const queries = new Queries(random, { protocol, relations: masked ? RELATIONS[protocol] : UNMASKED });
  return { ...random.pick(FAMILIES[protocol])(queries), masked };
}
