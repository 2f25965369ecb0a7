/**
 * What a statement would do, in the words that policies, approvers and the journal share.
 * Facts are pure data: the same text over the same catalog always has the same facts.
 */

import type { ViewLineage } from '../masking/exposure.ts';
import type { Sight } from '../masking/sight.ts';
import type { Substitution } from '../masking/substitution.ts';
import type { CatalogData, RelationData } from './catalog.ts';

/** The order is the order in which effects are shown to people. */
export const EFFECTS = [
  'read', 'insert', 'update', 'delete', 'import', 'export',
  'create', 'alter', 'drop', 'truncate', 'privilege',
  'transaction', 'session', 'maintenance', 'lock', 'notify',
  'routine', 'dynamic', 'server_io', 'replication', 'admin', 'unknown',
] as const;

export type Effect = (typeof EFFECTS)[number];

/** One effect and what it touches: `{effect: 'drop', objects: ['table public.orders']}`. */
export interface EffectUse {
  readonly effect: Effect;
  /** `schema.name` for relations, `function schema.name`, `role name`, a file path, …; empty when nothing is named. */
  readonly objects: readonly string[];
  /** Why, where it isn't obvious from the statement: "pg_sleep is not a vetted built-in". */
  readonly because?: string;
}

/** How a statement touches one relation. `name` is `schema.relation`, resolved by the catalog. */
export interface TableUse {
  readonly name: string;
  readonly read: boolean;
  readonly written: boolean;
  /** Column names read or written, `['*']` for all of them (or when it can't be told). Sorted. */
  readonly columns: readonly string[];
  /** False when the catalog doesn't know the relation (after a refresh the server will say so itself). */
  readonly known: boolean;
}

/** `read and written` */
export function howUsed({ read, written }: Pick<TableUse, 'read' | 'written'>): string {
  return [read ? 'read' : '', written ? 'written' : ''].filter((part) => part !== '').join(' and ');
}

/**
 * A setting the statement changes or resets: `SET x = …`, `set_config('x', …)`, `RESET ALL` (name `*`).
 * MySQL's default database is the setting `database`, changed by USE.
 */
export interface SettingUse {
  readonly name: string;
  /** The new value where it is a constant; undefined for DEFAULT, RESET and what can't be told. */
  readonly value?: string;
  readonly scope: 'session' | 'transaction';
}

/**
 * A session object the statement names. The session resolves these, since only it knows what
 * the name stands for: `EXECUTE p` does what the text prepared as `p` does.
 */
export type SessionNameUse =
  | { readonly use: 'prepare'; readonly name: string; readonly text: string }
  | { readonly use: 'execute'; readonly name: string }
  | { readonly use: 'deallocate'; readonly name: string | undefined /* undefined: ALL */ }
  | { readonly use: 'declare'; readonly name: string; readonly hold: boolean }
  | { readonly use: 'fetch'; readonly name: string }
  | { readonly use: 'close'; readonly name: string | undefined /* undefined: ALL */ }
  | { readonly use: 'discard'; readonly what: 'all' | 'plans' | 'temporary' | 'sequences' };

/** The transaction command a statement is, when it is one. */
export type TransactionCommand =
  | 'begin' | 'commit' | 'rollback' | 'savepoint' | 'release' | 'rollback_to' | 'prepare' | 'commit_prepared' | 'rollback_prepared';

/** KILL: undefined `connection` when its number isn't a constant. */
export interface Cancellation {
  readonly what: 'query' | 'connection';
  readonly connection: number | undefined;
}

export interface StatementFacts {
  /** Lower-case command tag: `select`, `create table`, `copy to`, … */
  readonly kind: string;
  /** The statement's own place in the batch: UTF-16 offsets, end exclusive. */
  readonly start: number;
  readonly end: number;
  readonly effects: readonly EffectUse[];
  readonly tables: readonly TableUse[];
  /** UPDATE or DELETE without WHERE, anywhere inside. */
  readonly unbounded: boolean;
  readonly settings: readonly SettingUse[];
  readonly names: readonly SessionNameUse[];
  readonly transaction?: TransactionCommand;
  /** The session it would end (`connection`) or interrupt (`query`), by the number that the agent or the server knows it by. */
  readonly cancels?: Cancellation;
  /**
   * Set when no policy may let it pass: what it would change (string lexing, client encoding)
   * is what all other judgements rest on. A sentence for a person.
   */
  readonly refused?: string;
}

/** Facts of a whole batch (one Query message, one Parse message, one COM_QUERY). */
export interface Facts {
  readonly statements: readonly StatementFacts[];
  /** Union over the statements, in EFFECTS order, objects merged and sorted. */
  readonly effects: readonly EffectUse[];
  readonly tables: readonly TableUse[];
  readonly unbounded: boolean;
  /** Why the text could not be understood: its only effect is then `unknown`. A sentence for a person. */
  readonly doubt?: string;
  /** True when the doubt is that our grammar rejects the text: whether the server's does too, only the server can tell. */
  readonly ungrammatical?: true;
  /** First sentence saying that no policy may let this pass; see StatementFacts.refused. */
  readonly refused?: string;
  /** True when a name isn't in the catalog: the caller refreshes the catalog once and asks again. */
  readonly unresolved: boolean;
  /** True when no fact depends on the value of an integer constant in the text, so that texts that differ only there share facts. */
  readonly integersFree: boolean;
}

/**
 * What of a session's state decides how the server reads a text: where its tokens end, what an unqualified name means.
 * Interned: the same state is the same object, so that it can key caches. Each database's understanding has its own.
 * In PostgreSQL it says what an unqualified name means; what would make the server read tokens otherwise is refused there.
 */
export interface Reading {
  readonly key: string;
}

/** Understands the statements of one upstream database. Cached; the answer is a promise only for what is parsed off the loop. */
export interface Understanding {
  /**
   * How a session with these settings has the server read its texts; undefined when it would read them in a way that can't be followed.
   * @param settings as the server reports them; `database` is the default one
   */
  reading?(settings: ReadonlyMap<string, string>): Reading | undefined;
  /** The catalog of `version`. */
  readonly catalog: CatalogData;
  /** What a view of the catalog shows; undefined: it can't be told. */
  shows(view: RelationData): ViewLineage | undefined;
  /**
   * What runs in the text's place for an agent with this sight. Made anew each time; never rejects and never throws.
   * @param reading how the session has the server read it; undefined: nobody knows
   */
  substitute(text: string, reading: Reading | undefined, sight: Sight): Substitution | Promise<Substitution>;
  /**
   * Never rejects and never throws: what fails becomes `unknown` with a doubt.
   * @param text one batch, already decoded (fatal UTF-8) and free of NUL
   * @param reading how the session has the server read it
   */
  facts(text: string, reading?: Reading): Facts | Promise<Facts>;
  /** Something changed or a name was unknown: reload the catalog. Concurrent calls share one reload. */
  refresh(): Promise<void>;
  /** Ends what it has running beside the loop. */
  close(): Promise<void>;
  /** Grows whenever the catalog changed; facts of another version are stale. */
  readonly version: number;
}
