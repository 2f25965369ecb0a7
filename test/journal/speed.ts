/**
 * How fast the journal is, on this machine: `node test/journal/speed.ts [RECORDS]`. Sixteen statements and the
 * sixteen outcomes before them a turn, as with sixteen busy clients; then verification of what was written.
 */
import { generateKeyPairSync } from 'node:crypto';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { openJournal } from '../../src/journal/journal.ts';
import { verifyJournal } from '../../src/journal/verify.ts';
import { systemClock } from '../../src/runtime/clock.ts';
import { statement } from './sample-events.ts';

const RECORDS = Number(process.argv[2] ?? 1_000_000);
const PER_TURN = 16;
const keys = generateKeyPairSync('ed25519');
const dir = mkdtempSync(join(tmpdir(), 'journal-speed-'));
const text = 'SELECT abalance FROM pgbench_accounts WHERE aid = $1';

try {
  const journal = await openJournal({ dir, segmentBytes: 64 << 20, checkpointRecords: 1000, checkpointMs: 10_000, signingKey: keys.privateKey, clock: systemClock });
  let running: number[] = [];
  let appending = 0;
  const begun = process.cpuUsage();
  const start = performance.now();
  for (let done = 0; done < RECORDS; done += PER_TURN) {
    const before = performance.now();
    if (running.length > 0) {
      for (const number of running) journal.ended(['s_1', number, 1, 80, 412, 'SELECT 1']);
      running = [];
    } else {
      for (let i = 0; i < PER_TURN; i++) running.push(journal.append(statement(text, { parameters: [String(done + i)] })));
    }
    appending += performance.now() - before;
    await new Promise<void>((resolve, reject) => journal.written((failure) => (failure === undefined ? resolve() : reject(failure))));
  }
  const ms = performance.now() - start;
  const { user, system } = process.cpuUsage(begun);
  await journal.close();
  console.log(`written: ${Math.round(RECORDS / ms * 1000)} records/s, ${(ms * 1000 / RECORDS).toFixed(2)} µs each (append ${(appending * 1000 / RECORDS).toFixed(2)}), CPU user ${(user / RECORDS).toFixed(2)} system ${(system / RECORDS).toFixed(2)} µs, ${PER_TURN} a turn`);
  const from = performance.now();
  const report = await verifyJournal({ dir, publicKey: keys.publicKey });
  console.log(`verified: ${report.ok ? 'good' : 'BAD'}, ${report.records} records in ${((performance.now() - from) / 1000).toFixed(2)} s`);
} finally {
  rmSync(dir, { recursive: true, force: true });
}
