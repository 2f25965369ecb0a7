/** What a parser that isn't ours saw in a statement. */

export interface SeenName {
  readonly schema: string | undefined;
  readonly name: string;
}

export interface Opinion {
  /** Of each statement: select, insert, replace, update, delete, or the parser's own word. */
  readonly kinds: readonly string[];
  readonly tables: readonly SeenName[];
  /** What it took for names of tables, of WITH queries, and for their aliases. */
  readonly names: readonly string[];
  /** Those of the tables that are written. */
  readonly written: readonly SeenName[];
  /** Names of WITH queries, in lower case. */
  readonly ctes: ReadonlySet<string>;
  readonly calls: readonly SeenName[];
  /** INTO OUTFILE, INTO DUMPFILE. */
  readonly file: boolean;
}

/** A table in a list, by the name that the rest of the statement has for it. */
export interface Listed extends SeenName {
  readonly alias: string | undefined;
}

/** While it is gathered. */
export class Sightings implements Opinion {
  readonly kinds: string[] = [];
  readonly tables: SeenName[] = [];
  readonly names: string[] = [];
  readonly written: SeenName[] = [];
  readonly ctes = new Set<string>();
  readonly calls: SeenName[] = [];
  file = false;

  table(...listed: readonly Listed[]): void {
    this.tables.push(...listed);
    for (const { schema, name, alias } of listed) this.names.push(schema ?? name, name, alias ?? name);
  }

  cte(name: string): void {
    this.ctes.add(name.toLowerCase());
    this.names.push(name);
  }

  /** What targets called so stand for; a target that is none of the listed stays as it is. */
  target(name: string, listed: readonly Listed[]): void {
    const lower = name.toLowerCase();
    const meant = listed.filter((each) => (each.alias ?? each.name).toLowerCase() === lower);
    for (const each of meant) this.#write(each);
  }

  #write(target: SeenName | undefined): void {
    if (target === undefined) return;
    this.written.push(target);
    this.names.push(target.name);
  }

  /** The only table of a list is the one whose columns are set. */
  assignment(qualifier: string | undefined, listed: readonly Listed[]): void {
    if (qualifier !== undefined) this.target(qualifier, listed);
    else if (listed.length === 1) this.#write(listed[0]);
  }
}

export type Tree = Readonly<Record<string, unknown>>;

export const isTree = (value: unknown): value is Tree => typeof value === 'object' && value !== null && !Array.isArray(value);

export const listOf = (value: unknown): readonly unknown[] => (Array.isArray(value) ? (value as readonly unknown[]) : []);

export const stringOf = (value: unknown): string | undefined => (typeof value === 'string' && value !== '' ? value : undefined);
