/**
 * A process that writes a journal as fast as it can until it is killed: `writer.ts DIR KEY [KEPT]`, in small segments of which
 * so many bytes are kept, and then a little slower. Prints the number of each
 * statement, a line each, once the journal has called back: what is acknowledged must be there whatever happens next.
 */
import { createPrivateKey } from 'node:crypto';
import { readFileSync, writeSync } from 'node:fs';
import { openJournal } from '../../src/journal/journal.ts';
import { systemClock } from '../../src/runtime/clock.ts';
import { outcome, statement } from './sample-events.ts';

const [dir = '', key = '', kept] = process.argv.slice(2);
const journal = await openJournal({
  dir, segmentBytes: kept === undefined ? 200_000 : 5000, ...(kept !== undefined && { keep: { bytes: Number(kept), leastMs: -1 } }), checkpointRecords: 50, checkpointMs: 20, signingKey: createPrivateKey(readFileSync(key)), clock: systemClock,
});
writeSync(1, 'open\n');

let running: number[] = [];
function work(): void {
  for (const number of running) journal.append(outcome(number));
  const now = Array.from({ length: 1 + Math.floor(Math.random() * 16) }, (_, i) => {
    const text = Math.random() < 0.01 ? `SELECT '${'x'.repeat(20_000)}'` : `SELECT ${i}`;
    return { number: journal.append(statement(text)), text };
  });
  journal.written((failure) => {
    if (failure !== undefined) throw failure;
    writeSync(1, now.map(({ number, text }) => `${number} ${text.length}\n`).join(''));
    running = now.map(({ number }) => number);
    // What isn't kept is removed in between.
    if (kept === undefined) setImmediate(work);
    else setTimeout(work, 1);
  });
}
work();
