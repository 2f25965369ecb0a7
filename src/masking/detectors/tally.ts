import { DETECTORS, type DetectorName } from './detector.ts';

/** Hits by detector; those without any aren't there. */
export type Hits = Readonly<Partial<Record<DetectorName, number>>>;

/** Counts the hits of one statement after the other. */
export class Tally {
  #hits: Partial<Record<DetectorName, number>> | undefined;

  add(detector: DetectorName): void {
    this.#hits ??= {};
    this.#hits[detector] = (this.#hits[detector] ?? 0) + 1;
  }

  /** What was counted since this was asked last, in the order of DETECTORS; undefined: nothing. */
  take(): Hits | undefined {
    const hits = this.#hits;
    if (hits === undefined) return undefined;
    this.#hits = undefined;
    return Object.fromEntries(DETECTORS.flatMap((name) => (hits[name] === undefined ? [] : [[name, hits[name]]])));
  }
}
