/** One upstream database as all its sessions see it: what is known of it, and whether that is still true. */

import type { Logger } from 'pino';
import type { DatabaseConfig } from '../config/config.ts';
import type { Agent } from '../identity/agent.ts';
import { Detections, type Detection, linesFor } from '../masking/detectors/detection.ts';
import type { Sight } from '../masking/sight.ts';
import type { Sights } from '../masking/sights.ts';
import type { Policy, Verdict } from '../policy/verdict.ts';
import type { ChangeMark } from '../protocol/change-mark.ts';
import type { EstimateQuestion } from '../protocol/estimate.ts';
import type { GrammarQuestion } from '../protocol/grammar.ts';
import type { Clock } from '../runtime/clock.ts';
import type { CatalogData } from '../sql/catalog.ts';
import type { Facts, Understanding } from '../sql/facts.ts';
import { CatalogWatch } from './catalog-watch.ts';
import { Veilings } from './veiling.ts';

/** An unknown name makes the catalog be read again, but not more often than this: names that don't exist are cheap to send. */
const UNKNOWN_REFRESH_MS = 1_000;

interface LatestSight {
  readonly policy: Policy;
  /** Of the catalog. */
  readonly version: number;
  readonly masking: Verdict['masking'];
  readonly sight: Sight | undefined;
}

interface LatestDetections {
  readonly policy: Policy;
  readonly version: number;
  /** Undefined: nothing is looked for. */
  readonly detections: Detections | undefined;
}

export interface DatabaseOptions {
  readonly config: DatabaseConfig;
  readonly understanding: Understanding;
  readonly grammar: GrammarQuestion;
  readonly estimate: EstimateQuestion;
  readonly mark: ChangeMark;
  readonly sights: Sights;
  readonly clock: Clock;
  readonly log: Pick<Logger, 'warn'>;
}

export class Database {
  readonly config: DatabaseConfig;
  readonly understanding: Understanding;
  /** For texts our own grammar rejects. */
  readonly grammar: GrammarQuestion;
  readonly estimate: EstimateQuestion;
  readonly veilings: Veilings;
  readonly #sights: Sights;
  /** The latest of each agent, by the very list of its groups: asked for with every statement. */
  readonly #sightOf = new WeakMap<readonly string[], LatestSight>();
  readonly #detectionsOf = new WeakMap<readonly string[], LatestDetections>();
  /** By which lines of the policy count: agents with other groups mostly share them. */
  #detectionsBy: { policy: Policy | undefined; version: number; made: Map<string, Detections> } = { policy: undefined, version: 0, made: new Map() };
  readonly #clock: Clock;
  readonly #log: Pick<Logger, 'warn'>;
  #refreshedAt: number;
  /** Changes known of, and how many of them the catalog we hold was read after. */
  #changes = 0;
  #read = 0;
  #reading: Promise<void> | undefined;
  #onTime: Promise<void> | undefined;
  /** Others change the database beside us. */
  readonly #watch: CatalogWatch;
  #soon: { cancel(): void } | undefined;
  /** Statements under way that let names of functions, types or operators mean something else. */
  #redefining = 0;
  /** Verdicts by agent, for policies that look at nothing but the facts; see `verdicts`. */
  #verdicts: { policy: string; byAgent: WeakMap<Agent, WeakMap<Facts, Verdict>> } = { policy: '', byAgent: new WeakMap() };

  constructor({ config, understanding, grammar, estimate, mark, sights, clock, log }: DatabaseOptions) {
    this.config = config;
    this.grammar = grammar;
    this.estimate = estimate;
    this.understanding = understanding;
    this.veilings = new Veilings(understanding);
    this.#sights = sights;
    this.#clock = clock;
    this.#log = log;
    this.#refreshedAt = clock.monotonic();
    this.#watch = new CatalogWatch({ mark, clock, look: () => this.#readOnTime() });
  }

  async close(): Promise<void> {
    this.#soon?.cancel();
    await Promise.all([this.#watch.close(), this.understanding.close()]);
  }

  /**
   * Resolves when the catalog was read after every change known of; undefined when that is so already.
   * Rejects when it can't be read: what is judged by an old catalog isn't judged.
   */
  get settling(): Promise<void> | undefined {
    return this.#read === this.#changes ? undefined : this.#settle();
  }

  /** A statement has changed (or may have changed) the catalog. */
  changed(): void {
    this.#changes++;
    this.#settle().catch((error: unknown) => this.#log.warn({ err: error, database: this.config.name }, 'database: the catalog could not be read again'));
  }

  /**
   * Code nobody sees has run, which could have changed the catalog but hardly ever does. It is read again soon, without
   * making anybody wait: else a policy that allows a function would have the catalog read with each call of it.
   */
  mayHaveChanged(): void {
    this.#soon ??= this.#clock.after(UNKNOWN_REFRESH_MS, () => {
      this.#soon = undefined;
      void this.#readOnTime();
    });
  }

  /** Reads the catalog again because of an unknown name; false when that was done only just now. */
  async relearn(): Promise<boolean> {
    if (this.#clock.monotonic() - this.#refreshedAt < UNKNOWN_REFRESH_MS) return false;
    this.#changes++;
    await this.#settle();
    return true;
  }

  /** Is somebody just now changing what names of functions, types or operators mean? Until that is read, nobody's call is vetted. */
  get redefining(): boolean {
    return this.#redefining > 0;
  }

  /** @param by 1 when such a statement leaves, -1 when it has ended (after `changed`) */
  redefine(by: 1 | -1): void {
    this.#redefining += by;
  }

  /**
   * Reads the catalog again because of a table that isn't in it, and waits until that may be done: for who sees masks, what isn't known
   * mustn't be let through as if nothing of it were masked.
   */
  async relearnSurely(): Promise<void> {
    const wait = UNKNOWN_REFRESH_MS - (this.#clock.monotonic() - this.#refreshedAt);
    if (wait > 0) await new Promise<void>((resolve) => void this.#clock.after(wait, resolve));
    this.#changes++;
    await this.#settle();
  }

  /** What the agent sees only masks of; undefined: it sees everything. @param verdict whose rules may mask more than the policy does for everybody */
  sight(agent: { readonly groups: readonly string[] }, policy: Policy, verdict?: Verdict): Sight | undefined {
    const masking = verdict?.masking;
    if (policy.sensitive.length === 0 && masking === undefined) return undefined;
    const { catalog, version } = this.understanding;
    const known = this.#sightOf.get(agent.groups);
    if (known !== undefined && known.policy === policy && known.version === version && known.masking === masking) return known.sight;
    const sight = this.#sights.sight(catalog, version, policy, agent, masking);
    this.#sightOf.set(agent.groups, { policy, version, masking, sight });
    return sight;
  }

  /** Does the agent see only masks of something? Of rules that mask it isn't known for whom. */
  veils(agent: { readonly groups: readonly string[] }, policy: Policy): boolean {
    return this.sight(agent, policy) !== undefined || policy.masksByRule;
  }

  /** The same, or is something looked for and replaced? */
  hides(agent: { readonly groups: readonly string[] }, policy: Policy): boolean {
    return this.veils(agent, policy) || linesFor(policy.detect, agent.groups, this.config.name).length > 0;
  }

  /** What is looked for in the values that a statement answers the agent with; undefined: nothing. */
  detection(agent: { readonly groups: readonly string[] }, policy: Policy, facts: Facts): Detection | undefined {
    if (policy.detect.length === 0) return undefined;
    const { catalog, version } = this.understanding;
    let known = this.#detectionsOf.get(agent.groups);
    if (known === undefined || known.policy !== policy || known.version !== version) {
      known = { policy, version, detections: this.#detections(agent.groups, policy, catalog, version) };
      this.#detectionsOf.set(agent.groups, known);
    }
    return known.detections?.of(facts);
  }

  #detections(groups: readonly string[], policy: Policy, catalog: CatalogData, version: number): Detections | undefined {
    const lines = linesFor(policy.detect, groups, this.config.name);
    if (lines.length === 0) return undefined;
    if (this.#detectionsBy.policy !== policy || this.#detectionsBy.version !== version) this.#detectionsBy = { policy, version, made: new Map() };
    const { made } = this.#detectionsBy;
    const key = lines.map((line) => policy.detect.indexOf(line)).join(' ');
    const known = made.get(key) ?? new Detections(lines, catalog, (of, patterns) => this.#sights.showing(of, patterns));
    made.set(key, known);
    return known;
  }

  /** Cache of verdicts for one agent under one policy. One that logs in by tokens is another with each, even under the same name: its groups may be others. */
  verdicts(agent: Agent, policy: string): WeakMap<Facts, Verdict> {
    if (this.#verdicts.policy !== policy) this.#verdicts = { policy, byAgent: new WeakMap() };
    let verdicts = this.#verdicts.byAgent.get(agent);
    if (verdicts === undefined) {
      verdicts = new WeakMap();
      this.#verdicts.byAgent.set(agent, verdicts);
    }
    return verdicts;
  }

  #settle(): Promise<void> {
    this.#reading ??= this.#readAll().finally(() => {
      this.#reading = undefined;
    });
    return this.#reading;
  }

  /** A change that comes while the catalog is being read needs another reading, and so does one that comes during a reading on time. */
  async #readAll(): Promise<void> {
    await this.#onTime;
    while (this.#read !== this.#changes) {
      const changes = this.#changes;
      this.#refreshedAt = this.#clock.monotonic();
      await this.understanding.refresh();
      this.#read = changes;
    }
  }

  /** A reading on time that fails changes nothing: the database may only be full or restarting. */
  async #readOnTime(): Promise<void> {
    if (this.#reading !== undefined) return this.#reading.catch(() => {});
    this.#onTime ??= this.understanding.refresh()
      .catch((error: unknown) => this.#log.warn({ err: error, database: this.config.name }, 'database: the catalog could not be read on time'))
      .finally(() => {
        this.#onTime = undefined;
      });
    return this.#onTime;
  }
}
