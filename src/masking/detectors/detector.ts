/** What the detectors of content have in common. */

export const DETECTORS = ['email', 'card', 'key'] as const;
export type DetectorName = (typeof DETECTORS)[number];

/** Told of each hit, in order: bytes `[start, end)` of the value. Hits of one detector don't overlap. */
export type OnHit = (start: number, end: number) => void;

export interface Detector {
  /** Of every hit one of these pairs of neighbouring bytes is a part, so that values without any needn't be looked at. */
  readonly hints: Iterable<readonly [first: number, second: number]>;
  /**
   * Takes time linear in the value's length, whatever stands in it.
   * @param value ASCII and any bytes from 0x80 on (UTF-8, or a character set of single bytes)
   * @param escapes may a letter behind a backslash be an escape, as in JSON and in COPY's text format?
   */
  find(value: Buffer, escapes: boolean, onHit: OnHit): void;
}
