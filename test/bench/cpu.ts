import { existsSync, readFileSync } from 'node:fs';

/** Clock ticks of /proc are 1/100 s on every Linux that Node runs on (USER_HZ). */
const MICROSECONDS_PER_TICK = 10_000;

/**
 * CPU time the process has used so far, user and system, all its threads, in µs (to 10 ms).
 * Undefined where there is no /proc, as on macOS. Fields 14 and 15 of proc_pid_stat(5).
 */
export function cpuMicroseconds(pid: number): number | undefined {
  const file = `/proc/${pid}/stat`;
  if (!existsSync(file)) return undefined;
  // The second field is the program's name in parentheses and may hold spaces.
  const fields = readFileSync(file, 'utf8').replace(/^.*\) /s, '').split(' ');
  return (Number(fields[11]) + Number(fields[12])) * MICROSECONDS_PER_TICK;
}
