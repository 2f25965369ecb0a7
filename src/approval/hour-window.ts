/** What was spent within the last hour, counted by the minute. */

const MINUTE_MS = 60_000;
export const HOUR_MS = 60 * MINUTE_MS;

export class HourWindow {
  readonly #minutes = new Map<number, number>();

  /** Of `rows`, as many as are left of the limit, which then count as spent; fewer than none give some back. @param now milliseconds since 1970 */
  spend(rows: number, limit: number, now: number): number {
    const minute = Math.floor(now / MINUTE_MS);
    for (const past of this.#minutes.keys()) if (past <= minute - HOUR_MS / MINUTE_MS) this.#minutes.delete(past);
    const spent = Math.max(0, [...this.#minutes.values()].reduce((sum, count) => sum + count, 0));
    const granted = rows < 0 ? Math.max(rows, -spent) : Math.max(0, Math.min(rows, limit - spent));
    if (granted !== 0) this.#minutes.set(minute, (this.#minutes.get(minute) ?? 0) + granted);
    return granted;
  }
}
