import type { Clock } from '../runtime/clock.ts';

/** Timers reach no further than 2^31 - 1 ms, 24 days. */
const FURTHEST_MS = 86_400_000;

/** Calls back once when it is that late, however far away that is. Never before it returns. @param time milliseconds since 1970 */
export function atTime(clock: Pick<Clock, 'now' | 'after'>, time: number, callback: () => void): { cancel(): void } {
  const wait = (): { cancel(): void } => clock.after(Math.min(Math.max(0, time - clock.now()), FURTHEST_MS), () => {
    if (clock.now() >= time) callback();
    else timer = wait();
  });
  let timer = wait();
  return { cancel: () => timer.cancel() };
}
