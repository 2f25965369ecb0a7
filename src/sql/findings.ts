/** Gathers what a statement does while it is walked; becomes StatementFacts at the end. */

import { EFFECTS } from './facts.ts';
import type { Cancellation, Effect, EffectUse, SessionNameUse, SettingUse, TableUse, TransactionCommand } from './facts.ts';

/** How one relation is touched, while it is still being found out. */
export class Touch {
  readonly name: string;
  readonly known: boolean;
  read = false;
  written = false;
  readonly columns = new Set<string>();

  constructor(name: string, known: boolean) {
    this.name = name;
    this.known = known;
  }

  use(): TableUse {
    const columns = this.columns.has('*') ? ['*'] : [...this.columns].toSorted();
    return { name: this.name, read: this.read, written: this.written, columns, known: this.known };
  }
}

interface Found {
  readonly objects: Set<string>;
  because: string | undefined;
}

export class Findings {
  readonly effects = new Map<Effect, Found>();
  readonly touches = new Map<string, Touch>();
  readonly settings: SettingUse[] = [];
  readonly names: SessionNameUse[] = [];
  unbounded = false;
  unresolved = false;
  /** Set by whoever looked at an integer constant to find a fact. */
  readInteger = false;
  refused: string | undefined;
  transaction: TransactionCommand | undefined;
  cancels: Cancellation | undefined;

  effect(effect: Effect, object?: string, because?: string): void {
    let found = this.effects.get(effect);
    if (found === undefined) this.effects.set(effect, (found = { objects: new Set(), because }));
    found.because ??= because;
    if (object !== undefined) found.objects.add(object);
  }

  touch(name: string, known: boolean): Touch {
    let touch = this.touches.get(name);
    if (touch === undefined) this.touches.set(name, (touch = new Touch(name, known)));
    return touch;
  }

  refuse(sentence: string): void {
    this.refused ??= sentence;
  }

  /** Takes over what a part found. `keep` says which effects of the part are this statement's too. */
  absorb(part: Findings, keep: (effect: Effect) => boolean = () => true): void {
    for (const [effect, { objects, because }] of part.effects) {
      if (!keep(effect)) continue;
      this.effect(effect, undefined, because);
      for (const object of objects) this.effect(effect, object);
    }
    for (const touch of part.touches.values()) this.#absorbTouch(touch);
    this.settings.push(...part.settings);
    this.names.push(...part.names);
    this.unbounded ||= part.unbounded;
    this.unresolved ||= part.unresolved;
    this.readInteger ||= part.readInteger;
    this.refused ??= part.refused;
  }

  #absorbTouch(from: Touch): void {
    const touch = this.touch(from.name, from.known);
    touch.read ||= from.read;
    touch.written ||= from.written;
    for (const column of from.columns) touch.columns.add(column);
  }

  effectUses(): EffectUse[] {
    return EFFECTS.flatMap((effect) => {
      const found = this.effects.get(effect);
      if (found === undefined) return [];
      const objects = [...found.objects].toSorted();
      return [found.because === undefined ? { effect, objects } : { effect, objects, because: found.because }];
    });
  }

  tableUses(): TableUse[] {
    return [...this.touches.values()].map((touch) => touch.use()).toSorted((a, b) => (a.name < b.name ? -1 : 1));
  }
}
