/**
 * Functions that replace the CEL library's own where those can't be given hostile input:
 * its `matches` is the backtracking RegExp, and its zoned timestamp methods parse a localised string in
 * the process's own time zone (wrong around daylight saving, and tens of microseconds each).
 */

import type { Environment } from '@marcbachmann/cel-js';
import { RE2JS } from 're2js';

/** Longest string that `matches` looks at, UTF-16 units; a longer one is an error. Some 3 ms at most. */
const MAX_MATCHED = 65_536;

const TIMESTAMP = 'google.protobuf.Timestamp';

/** Parts of a time in a zone; values as CEL's specification has them (days of month from 0 in getDayOfMonth). */
const PARTS: Readonly<Record<string, (local: Date) => number>> = {
  getFullYear: (local) => local.getUTCFullYear(),
  getMonth: (local) => local.getUTCMonth(),
  getDate: (local) => local.getUTCDate(),
  getDayOfMonth: (local) => local.getUTCDate() - 1,
  getDayOfWeek: (local) => local.getUTCDay(),
  getHours: (local) => local.getUTCHours(),
  getMinutes: (local) => local.getUTCMinutes(),
};

/** Method name in the text to the name it is run by. Zoned methods are replaced only where a zone is given. */
export const REPLACED: ReadonlyMap<string, string> = new Map([['matches', 'matchesLinear'], ...Object.keys(PARTS).map((name): [string, string] => [name, `${name}In`])]);

export function registerFunctions(environment: Environment): void {
  environment.registerFunction({ signature: 'string.matchesLinear(string): bool', async: false, handler: matches });
  for (const [name, part] of Object.entries(PARTS)) {
    environment.registerFunction({ signature: `${TIMESTAMP}.${name}In(string): int`, async: false, handler: (at: Date, zone: string) => BigInt(part(inZone(at, zone))) });
  }
}

/** What is wrong with the pattern (RE2 syntax, as CEL specifies), or undefined. */
export function patternProblem(pattern: string): string | undefined {
  try {
    compiled(pattern);
    return undefined;
  } catch (error) {
    return `the pattern isn't RE2 syntax: ${(error as Error).message}`;
  }
}

export function zoneProblem(zone: string): string | undefined {
  try {
    formatter(zone);
    return undefined;
  } catch {
    return `there is no time zone "${zone}"; write it as UTC or Europe/Berlin`;
  }
}

const patterns = new Map<string, RE2JS>();

function compiled(pattern: string): RE2JS {
  let found = patterns.get(pattern);
  if (found === undefined) patterns.set(pattern, (found = RE2JS.compile(pattern)));
  return found;
}

function matches(text: string, pattern: string): boolean {
  if (text.length > MAX_MATCHED) throw new RangeError(`matches looks at no more than ${MAX_MATCHED} characters`);
  return compiled(pattern).matcher(text).find();
}

const formatters = new Map<string, Intl.DateTimeFormat>();

function formatter(zone: string): Intl.DateTimeFormat {
  let found = formatters.get(zone);
  if (found === undefined) {
    const numeric = 'numeric';
    found = new Intl.DateTimeFormat('en-US', { timeZone: zone, hourCycle: 'h23', year: numeric, month: numeric, day: numeric, hour: numeric, minute: numeric });
    formatters.set(zone, found);
  }
  return found;
}

/** The zone's wall clock, as the UTC fields of a Date. */
function inZone(at: Date, zone: string): Date {
  if (zone === 'UTC') return at;
  const parts = Object.fromEntries(formatter(zone).formatToParts(at).map((part) => [part.type, Number(part.value)]));
  return new Date(Date.UTC(parts['year'] ?? NaN, (parts['month'] ?? NaN) - 1, parts['day'], parts['hour'], parts['minute']));
}
