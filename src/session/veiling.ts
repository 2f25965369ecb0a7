/** What an agent that sees only masks of some columns has to do with a statement: whether it touches them, what runs in its place, what that means. */

import { judgeUses, type UseVerdict } from '../masking/judge-uses.ts';
import type { Sight } from '../masking/sight.ts';
import type { Substitution } from '../masking/substitution.ts';
import { sentWithin, type Veil } from '../masking/veil.ts';
import type { Verdict } from '../policy/verdict.ts';
import type { Facts, Reading, Understanding } from '../sql/facts.ts';
import { Generations } from '../sql/generations.ts';
import { whenAll } from './when-all.ts';

/** Part of a judgement. */
export interface Veiling {
  readonly veil: Veil;
  readonly ruling: UseVerdict;
  readonly substitution: Substitution;
}

/** Longer texts are worked out each time. */
const CACHED_CHARACTERS = 8 * 1024;
const CACHE = { entries: 2000, characters: 2 * 1024 * 1024 };

/** A text, and how the server reads it. */
export interface ReadText {
  readonly text: string;
  readonly reading?: Reading | undefined;
}

/** What a name stands for that the statement uses. */
export interface NamedText extends ReadText {
  /** How it was sent when it got its name; undefined also where that is still to come. */
  readonly veil?: Veil | undefined;
  /** The text of which its own is a part, and that the veil is of: PREPARE. */
  readonly within?: string | undefined;
  /** It is a part of the very text that is judged. */
  readonly ahead?: boolean;
  /** It only goes on with what was let through already. */
  readonly continued?: boolean;
}

interface Known {
  readonly version: number;
  readonly untouched: Veiling;
  readonly byText: Generations<Veiling>;
}

/** The veilings of one database, each worked out once for a text, a reading, a sight and a catalog. */
export class Veilings {
  readonly #understanding: Understanding;
  /** By sight; catalogs that differ only in what isn't masked have the same one, but other forms. */
  readonly #known = new WeakMap<Sight, Known>();

  constructor(understanding: Understanding) {
    this.#understanding = understanding;
  }

  /**
   * @param followed texts that it runs by name: what they do is in the facts, unless they only go on with what was let through. Never rejects.
   */
  of(sight: Sight, source: ReadText, facts: Facts, followed: readonly NamedText[]): Veiling | Promise<Veiling> {
    const known = this.#of(sight);
    const touches = facts.doubt !== undefined || facts.tables.some(({ name }) => sight.names(name)) || followed.some(({ continued, veil }) => continued === true || veil?.form !== undefined);
    if (!touches) return known.untouched;
    if (facts.doubt !== undefined) return blind(sight, facts.doubt);
    const named = ({ veil }: Veiling): (Veiling | Promise<Veiling>)[] =>
      followed.filter(({ continued }) => continued !== true).map((each) => this.#named(sight, each.ahead === true ? { ...each, within: source.text, veil } : each));
    return whenAll([this.#substituted(sight, source)], ([own]) => whenAll([own as Veiling, ...named(own as Veiling)], together));
  }

  /** What has a name runs as it was sent then. */
  #named(sight: Sight, named: NamedText): Veiling | Promise<Veiling> {
    const now = this.#substituted(sight, named);
    const check = (veiling: Veiling): Veiling => {
      return wasSent(named, veiling.veil.form?.text ?? named.text) ? veiling : { ...veiling, ruling: { action: 'deny', reason: OUTDATED } };
    };
    return now instanceof Promise ? now.then(check) : check(now);
  }

  #substituted(sight: Sight, { text, reading }: ReadText): Veiling | Promise<Veiling> {
    const { byText } = this.#of(sight);
    const key = `${reading?.key ?? ''}\0${text}`;
    const known = byText.get(key);
    if (known !== undefined) return known;
    const substitution = this.#understanding.substitute(text, reading, sight);
    const keep = (made: Substitution): Veiling => {
      const veiling = veilingOf(sight, text, made);
      if (text.length <= CACHED_CHARACTERS) byText.set(key, veiling);
      return veiling;
    };
    return substitution instanceof Promise ? substitution.then(keep) : keep(substitution);
  }

  #of(sight: Sight): Known {
    const { version } = this.#understanding;
    let known = this.#known.get(sight);
    if (known?.version !== version) {
      const untouched: Veiling = { veil: { sight, form: undefined, touches: false, understood: true }, ruling: { action: 'mask' }, substitution: { edits: [], uses: [] } };
      this.#known.set(sight, (known = { version, untouched, byText: new Generations(CACHE) }));
    }
    return known;
  }
}

const wasSent = ({ text, veil, within = text }: NamedText, wanted: string): boolean => sentWithin(within, veil, text, wanted);

const OUTDATED = 'what is masked for this agent is no longer what it was when this was prepared: prepare it again';

function veilingOf(sight: Sight, text: string, substitution: Substitution): Veiling {
  const form = substitution.text === undefined || substitution.text === text ? undefined : { text: substitution.text, edits: substitution.edits };
  return { veil: { sight, form, touches: true, understood: substitution.text !== undefined }, ruling: judgeUses(substitution, sight), substitution };
}

/** Nothing can be masked in what nobody understands. */
function blind(sight: Sight, doubt: string): Veiling {
  const obstacle = `${doubt} What isn't understood can't be masked, and columns of this database are masked for this agent`;
  return { veil: { sight, form: undefined, touches: true, understood: false }, ruling: { action: 'deny', reason: obstacle }, substitution: { edits: [], uses: [], obstacle } };
}

/** The statement's own, with what the policy says of all that it runs by name. */
function together(all: readonly Veiling[]): Veiling {
  const [own] = all;
  if (own === undefined) throw new Error('a statement is one text at least');
  if (all.length === 1) return own;
  const uses = all.flatMap(({ substitution }) => substitution.uses);
  return { veil: own.veil, ruling: severest(all.map(({ ruling }) => ruling)), substitution: { ...own.substitution, uses } };
}

export const severest = (rulings: readonly UseVerdict[]): UseVerdict =>
  rulings.find(({ action }) => action === 'deny') ?? rulings.find(({ action }) => action === 'hold') ?? { action: 'mask' };

/** The verdict with what the policy says of the uses of masked columns: it only becomes stricter. */
export function veiledVerdict(verdict: Verdict, ruling: UseVerdict, terms: Verdict['hold'] & object): Verdict {
  if (ruling.action === 'mask' || verdict.action === 'deny') return verdict;
  const { rule, matched, mask = [], observed: _, ...rest } = verdict;
  if (ruling.action === 'deny') return { action: 'deny', rule: 'sensitive', reason: ruling.reason, matched };
  if (verdict.hold !== undefined) return { ...verdict, rule, reason: `${verdict.reason}; ${ruling.reason}` };
  return { ...rest, action: 'hold', rule: 'sensitive', reason: ruling.reason, matched, hold: terms, mask };
}
