import { generateKeyPairSync } from 'node:crypto';
import { mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { onTestFinished } from 'vitest';
import type { Journal, JournalRecord } from '../../src/journal/events.ts';
import { openJournal } from '../../src/journal/journal.ts';
import type { JournalOptions } from '../../src/journal/journal.ts';
import { readJournal } from '../../src/journal/read.ts';
import type { ReadFilter } from '../../src/journal/read.ts';
import { firstSequence } from '../../src/journal/record.ts';
import type { Clock } from '../../src/runtime/clock.ts';

export const keys = generateKeyPairSync('ed25519');

export function scratch(): string {
  const dir = mkdtempSync(join(tmpdir(), 'journal-'));
  onTestFinished(() => rmSync(dir, { recursive: true, force: true }));
  return dir;
}

/** A file with the key in it, as commands take it. */
export function publicKeyFile(key = keys.publicKey): string {
  const file = join(scratch(), 'key.pub');
  writeFileSync(file, key.export({ type: 'spki', format: 'pem' }));
  return file;
}

/** Names of a journal's segments, oldest first. */
export const segments = (dir: string): string[] => readdirSync(dir).filter((name) => firstSequence(name) !== undefined).toSorted();
/** Number of a segment's first record. */
export const firstOf = (name = ''): number => firstSequence(name) ?? Number.NaN;

/** A clock that stands until it's moved. */
export function stoppedClock(start = Date.UTC(2026, 0, 1)): Clock & { advance(ms: number): void } {
  let elapsed = 0;
  const timers = new Set<{ at: number; callback: () => void }>();
  return {
    now: () => start + elapsed,
    monotonic: () => elapsed,
    after(ms, callback) {
      const timer = { at: elapsed + ms, callback };
      timers.add(timer);
      return { cancel: () => timers.delete(timer) };
    },
    advance(ms) {
      elapsed += ms;
      for (const timer of [...timers].filter(({ at }) => at <= elapsed)) {
        timers.delete(timer);
        timer.callback();
      }
    },
  };
}

export function open(dir: string, options: Partial<JournalOptions> = {}): Promise<Journal> {
  return openJournal({
    dir, segmentBytes: 64 << 20, checkpointRecords: 1000, checkpointMs: 10_000, signingKey: keys.privateKey, clock: stoppedClock(), ...options,
  });
}

export function written(journal: Journal): Promise<void> {
  return new Promise((resolve, reject) => journal.written((failure) => (failure === undefined ? resolve() : reject(failure))));
}

export function turn(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve));
}

export async function records(dir: string, filter?: ReadFilter): Promise<JournalRecord[]> {
  const all: JournalRecord[] = [];
  for await (const record of readJournal(dir, filter)) all.push(record);
  return all;
}

export { outcome, sessionStart, statement } from './sample-events.ts';
