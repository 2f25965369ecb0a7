/** One statement while it is judged: its tokens, what is known around it, and what was found. */

import type { RelationData } from '../catalog.ts';
import type { Effect } from '../facts.ts';
import { Findings } from '../findings.ts';
import type { Touch } from '../findings.ts';
import { Cursor } from './cursor.ts';
import type { Dialect } from './lexer.ts';
import type { Names } from './names.ts';
import type { MysqlReading, SessionState } from './reading.ts';
import type { Token } from './tokens.ts';

export interface Surroundings {
  readonly dialect: Dialect;
  readonly names: Names;
  /** What reading a view does; undefined while that view is being looked at. */
  view(relation: RelationData): Findings | undefined;
  reading(state: SessionState): MysqlReading;
  /** What a text does that the statement has the server read, as PREPARE does. */
  inner(text: string, reading: MysqlReading): Findings;
}

export class Walk {
  found = new Findings();
  readonly tokens: readonly Token[];
  readonly around: Surroundings;
  readonly reading: MysqlReading;
  /** Lower-case command tag. */
  kind = '';
  /** Where the statement begins, behind EXPLAIN, ANALYZE and SET STATEMENT … FOR. */
  begins = 0;
  /** The statement within EXPLAIN or ANALYZE: its own tag, and whether it runs. */
  planned: { readonly kind: string; readonly runs: boolean } | undefined;
  /** Functions that were judged, in lower case, with their schema if they had one. */
  readonly calls = new Set<string>();

  constructor(tokens: readonly Token[], around: Surroundings, reading: MysqlReading) {
    this.tokens = tokens;
    this.around = around;
    this.reading = reading;
  }

  get mariadb(): boolean {
    return this.around.dialect.flavour === 'mariadb';
  }

  cursor(at = 0): Cursor {
    return new Cursor(this.tokens, at);
  }

  /** What `judge` finds, kept apart from what was found before. */
  apart(judge: () => void): Findings {
    const before = this.found;
    this.found = new Findings();
    judge();
    const inside = this.found;
    this.found = before;
    return inside;
  }

  /** What the name means, or could mean when the catalog is older than the table. */
  resolve(schema: string | undefined, name: string): { readonly name: string; readonly relation: RelationData | undefined } {
    const where = schema ?? this.reading.database;
    const relation = this.around.names.relation(where, name);
    if (relation !== undefined) return { name: `${relation.schema}.${relation.name}`, relation };
    return { name: where === undefined ? name : `${where}.${name}`, relation };
  }

  /** Reading or writing one relation, with all that this brings about. */
  touch(schema: string | undefined, name: string, effect: Effect, write: boolean): { readonly touch: Touch; readonly relation: RelationData | undefined } {
    const { name: full, relation } = this.resolve(schema, name);
    const touch = this.found.touch(full, relation !== undefined);
    this.found.effect(effect, full);
    if (write) touch.written = true;
    else touch.read = true;
    if (relation === undefined) {
      touch.columns.add('*');
      if (schema !== undefined || this.reading.database !== undefined) this.found.unresolved = true;
    } else if (relation.columns.length === 0) touch.columns.add('*');
    if (relation !== undefined) this.#belongs(relation, full, effect, write);
    else if (SYSTEM.has((schema ?? this.reading.database ?? '').toLowerCase())) this.#system(full, write);
    return { touch, relation };
  }

  #belongs(relation: RelationData, full: string, effect: Effect, write: boolean): void {
    if (relation.system) this.#system(full, write);
    if (relation.kind === 'v' && !relation.system) this.#throughView(relation, effect, write);
  }

  #system(full: string, write: boolean): void {
    const name = full.toLowerCase();
    if (SECRETS.has(name)) this.found.effect('admin', full, `${full} shows secrets`);
    if (write) this.found.effect('admin', full, `${full} belongs to the server itself`);
  }

  /** A view does what its definition does; writing it writes what it selects from. */
  #throughView(view: RelationData, effect: Effect, write: boolean): void {
    const inside = this.around.view(view);
    if (inside === undefined) return;
    this.found.absorb(inside);
    if (!write) return;
    for (const touch of inside.touches.values()) {
      const written = this.found.touch(touch.name, touch.known);
      written.written = true;
      written.columns.add('*');
      this.found.effect(effect, touch.name);
    }
  }
}

const SYSTEM: ReadonlySet<string> = new Set(['mysql', 'performance_schema', 'information_schema', 'sys']);

/** Password hashes, passwords of other servers, and what other sessions sent. */
const SECRETS: ReadonlySet<string> = new Set([
  'mysql.user', 'mysql.global_priv', 'mysql.password_history', 'mysql.servers', 'mysql.slave_master_info', 'mysql.replication_group_configuration_version', 'mysql.general_log',
  'mysql.slow_log', 'mysql.federated_link', 'mysql.spider_tables', 'mysql.spider_link_mon_servers', 'mysql.proxies_priv', 'information_schema.user_attributes',
  'performance_schema.replication_connection_configuration', 'performance_schema.user_variables_by_thread', 'performance_schema.keyring_keys', 'performance_schema.variables_by_thread',
  'performance_schema.events_statements_current', 'performance_schema.events_statements_history', 'performance_schema.events_statements_history_long',
  'performance_schema.prepared_statements_instances',
]);
