/** The walk over one statement's tree: where it stands, and what it found. What each node means is in the handlers. */

import type { Node } from 'libpg-query';
import type { Catalog, RelationData } from '../catalog.ts';
import { Findings } from './findings.ts';
import type { Ctes, Scope } from './scope.ts';
import type { Kinds } from './tree.ts';
import { FIELDS } from './vocabulary.ts';

export type Handlers = { readonly [K in keyof Kinds]?: (walk: Walk, content: Kinds[K]) => void };
type AnyHandler = (walk: Walk, content: unknown) => void;

/** What a walk needs from outside. */
export interface Surroundings {
  readonly catalog: Catalog;
  readonly handlers: Handlers;
  /** Nodes that mean nothing beyond what they hold. */
  readonly containers: ReadonlySet<string>;
  /** What reading a view does, found in its definition; undefined while that very view is being looked at. */
  readonly view: (view: RelationData) => Findings | undefined;
  /** The text of the query that the PREPARE being walked prepares. */
  readonly preparedText: (query: Node | undefined) => string;
  /** Counts work, about 0.1 µs a unit. @throws {Overworked} when it becomes too much for the thread */
  readonly spend: (units: number) => void;
}

/** The statement is more work than the thread has time for. */
export class Overworked extends Error {}

export class Walk {
  readonly around: Surroundings;
  readonly catalog: Catalog;
  found = new Findings();
  scope: Scope | undefined;
  ctes: Ctes | undefined;
  /** Telling nodes judged so far; see vocabulary.ts. */
  claimed = 0;

  constructor(around: Surroundings) {
    this.around = around;
    this.catalog = around.catalog;
  }

  claim(): void {
    this.claimed++;
  }

  spend(units: number): void {
    this.around.spend(units);
  }

  /** Walks a wrapped node, or nothing. A kind that nobody handles makes the statement unknown. */
  node(node: Node | undefined): void {
    for (const kind in node) this.kind(kind, (node as Record<string, unknown>)[kind]);
  }

  nodes(nodes: readonly Node[] | undefined): void {
    if (nodes !== undefined) for (const node of nodes) this.node(node);
  }

  /** Walks the content of a node whose kind is known from its place. */
  kind(kind: string, content: unknown): void {
    if (content === undefined) return;
    const handler = (this.around.handlers as Record<string, AnyHandler | undefined>)[kind];
    if (handler !== undefined) handler(this, content);
    else if (this.around.containers.has(kind)) this.fields(kind, content);
    else this.found.effect('unknown', undefined, `the statement holds a ${kind}, which isn't understood`);
  }

  /** Walks every field of a node that holds nodes. */
  fields(kind: string, content: unknown): void {
    const fields = FIELDS.get(kind);
    for (const name in content as object) {
      const value = (content as Record<string, unknown>)[name];
      const holds = fields?.get(name);
      if (holds === '') continue;
      if (holds !== undefined && holds !== '*') this.kind(holds, value);
      else if (Array.isArray(value)) this.nodes(value as Node[]);
      else this.node(value as Node);
    }
  }

  /** Walks with other names in sight, then has the old ones back. */
  within(scope: Scope | undefined, walk: () => void): void {
    const { scope: before, ctes } = this;
    this.scope = scope;
    walk();
    this.scope = before;
    this.ctes = ctes;
  }

  /** Walks into findings of their own, for the caller to absorb. */
  apart(walk: () => void): Findings {
    const whole = this.found;
    const part = (this.found = new Findings());
    walk();
    this.found = whole;
    return part;
  }
}
