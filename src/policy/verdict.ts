/** What the policy says of a statement. Most restrictive wins: allow < mask < hold < deny. */

import type { SearchedColumns } from '../masking/detectors/searched.ts';
import type { SensitiveColumns } from '../masking/sensitive.ts';
import type { Facts } from '../sql/facts.ts';

export const ACTIONS = ['allow', 'mask', 'hold', 'deny'] as const;
export type Action = (typeof ACTIONS)[number];

/** How a hold ends: who may decide, how many of them, until when, and how the agent waits. */
export interface HoldTerms {
  /** Names of groups whose approvers may decide. Never empty. */
  readonly approvers: readonly string[];
  /** How many different people must approve. */
  readonly quorum: number;
  /** Milliseconds until the request expires. */
  readonly withinMs: number;
  /** `inline`: the connection waits. `deferred`: an error at once, retried after approval. */
  readonly mode: 'inline' | 'deferred';
  /** Where it is announced, a channel's name in the configuration; undefined: the default one. */
  readonly channel?: string;
  /** Groups that may decide, too, when nobody has for so long. */
  readonly escalate?: { readonly to: readonly string[]; readonly afterMs: number };
  /** Groups of which one person may release it alone, in an emergency, with a reason. Never empty. */
  readonly breakGlass?: readonly string[];
}

/** What rows are counted over: one statement, one session, or all that the agent reads within an hour on all replicas. */
export const SPANS = ['statement', 'session', 'hour'] as const;
export type Span = (typeof SPANS)[number];

/** Part of a rule's `rows_over`. */
export interface RowBudget {
  readonly rule: string;
  /** What is done about the row that comes after them. */
  readonly action: 'hold' | 'deny';
  readonly per: Span;
  /** So many may pass. */
  readonly rows: number;
  /** Present exactly when the action is `hold`. */
  readonly hold?: HoldTerms;
  readonly because?: string;
  /** The policy only observes: they pass, and it is recorded. */
  readonly observed?: true;
}

export interface Verdict {
  readonly action: Action;
  /** Name of the rule that decided; `default` when none matched some effect. */
  readonly rule: string;
  /** A sentence for the agent and the approver: "exports are held by rule exports". */
  readonly reason: string;
  /** Every rule that matched, by name, sorted. */
  readonly matched: readonly string[];
  /** Present exactly when action is `hold`. */
  readonly hold?: HoldTerms;
  /** Relations to substitute. Present when action is `mask`; also on a hold of a statement that reads sensitive columns: what is released still runs masked. */
  readonly mask?: readonly string[];
  /** How many rows of it may come before something else is done. Absent: as many as there are, or it doesn't run. */
  readonly budgets?: readonly RowBudget[];
  /** Columns that rules mask beside those of the policy's `sensitive`. The same array for the same rules. */
  readonly masking?: readonly SensitiveColumns[];
  /** The hold or denial that it would be, but for a policy that only observes. Present only when the action is `allow` or `mask`. */
  readonly observed?: Verdict;
}

/** The rest of what a rule may look at, beside the facts. */
export interface Subject {
  readonly agent: { readonly name: string; readonly owner: string; readonly groups: readonly string[] };
  readonly database: { readonly name: string; readonly protocol: 'postgres' | 'mysql' };
  /** The exact text of the batch. */
  readonly text: string;
  readonly transaction: { readonly open: boolean; readonly ageMs: number };
  readonly estimatedRows?: number;
  readonly now: Date;
}

export interface Policy {
  /** SHA-256 (hex) over the policy's files: part of what an approval is bound to. */
  readonly version: string;
  /**
   * True when some rule looks at more than the facts, the agent and the database (the text, the time, the transaction,
   * estimated rows). When false, verdicts may be cached per facts object, agent and database.
   */
  readonly volatile: boolean;
  /** Does it let run what it would hold or deny? */
  readonly observes: boolean;
  /** Columns that agents see as masks, but for those groups that each entry names. */
  readonly sensitive: readonly SensitiveColumns[];
  /** What is looked for in values of text, and replaced there. */
  readonly detect: readonly SearchedColumns[];
  /** Does some rule mask more? */
  readonly masksByRule: boolean;
  /** For how long rows of a result may wait for people, at most, milliseconds; 0: they never do. */
  readonly rowsWaitMs: number;
  /** Terms of a hold that no rule names: of what a masked column's use makes people be asked about. */
  readonly terms: HoldTerms;
  /** Pure; never throws: what fails to evaluate counts as the more restrictive side. */
  decide(facts: Facts, subject: Subject): Verdict;
}
