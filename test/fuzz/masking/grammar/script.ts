/** What one session of the fuzz sends, step by step. */

import type { Type } from '../relations.ts';

export type Step =
  /** As a text of its own. `copy`: what is sent when the server asks for a COPY's data. */
  | { readonly how: 'query'; readonly text: string; readonly copy?: string }
  /** Prepared by the protocol's own messages, and executed with these values; `limit` > 0: so many rows at a time. */
  | { readonly how: 'prepared'; readonly text: string; readonly parameters: readonly Parameter[]; readonly binary: boolean; readonly limit: number };

export interface Parameter {
  readonly type: Type;
  /** As text. */
  readonly value: string | null;
}

/** Steps of a session that leave nothing behind: what they change is rolled back, what they make is dropped. */
export interface Script {
  /** For the report. */
  readonly family: string;
  readonly steps: readonly Step[];
  /** Steps that always run, whatever was refused before. */
  readonly after: readonly Step[];
  /** What it set can't be followed back: the next session is on a connection of its own. */
  readonly leaves?: boolean;
}

export const query = (text: string): Step => ({ how: 'query', text });

export const script = (family: string, texts: readonly (string | Step)[], after: readonly string[] = []): Script =>
  ({ family, steps: texts.map((each) => (typeof each === 'string' ? query(each) : each)), after: after.map(query) });

/** What changes rows runs in a transaction that is taken back. */
export const undone = (family: string, texts: readonly (string | Step)[]): Script => script(family, ['begin', ...texts], ['rollback']);
