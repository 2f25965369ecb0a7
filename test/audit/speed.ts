/**
 * How fast the index is, on this machine: `node test/audit/speed.ts [STATEMENTS]`. Builds it over a journal made for it, and searches by each filter
 * and by some together. The tests hold a smaller one to a limit.
 */
import { generateKeyPairSync } from 'node:crypto';
import { mkdtempSync, readdirSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { JournalIndex } from '../../src/audit/journal-index.ts';
import { SearchQuery } from '../../src/audit/query.ts';
import { systemClock } from '../../src/runtime/clock.ts';
import { generate } from './generate.ts';
import { SEARCHES } from './searches.ts';

const statements = Number(process.argv[2] ?? 1_000_000);
const dir = mkdtempSync(join(tmpdir(), 'audit-speed-'));
const megabytes = (bytes: number): string => `${(bytes / 1e6).toFixed(0)} MB`;

try {
  await generate(dir, statements, { signingKey: generateKeyPairSync('ed25519').privateKey, clock: systemClock });
  const journal = readdirSync(dir).filter((name) => name.endsWith('.journal')).reduce((sum, name) => sum + statSync(join(dir, name)).size, 0);
  const index = new JournalIndex(dir);
  const memory: number[] = [];
  const watch = setInterval(() => memory.push(process.memoryUsage.rss()), 1000);
  const before = process.memoryUsage.rss();
  const start = performance.now();
  await index.grow();
  const ms = performance.now() - start;
  clearInterval(watch);
  console.log(`built: ${statements} statements in ${(ms / 1000).toFixed(1)} s, ${(ms * 1000 / statements).toFixed(0)} µs each; journal ${megabytes(journal)}, index ${megabytes(statSync(join(dir, 'index.sqlite')).size)}`);
  console.log(`memory: ${megabytes(before)} before, ${megabytes(memory[Math.floor(memory.length / 4)] ?? 0)} after a quarter, ${megabytes(memory.at(-1) ?? 0)} at the end, at most ${megabytes(Math.max(...memory, 0))}`);
  for (const [name, query] of Object.entries(SEARCHES)) {
    const from = performance.now();
    const { entries } = await index.search(SearchQuery.parse(query));
    console.log(`${(performance.now() - from).toFixed(1).padStart(8)} ms  ${String(entries.length).padStart(3)}  ${name}`);
  }
  const from = performance.now();
  await index.grow();
  console.log(`nothing new: ${(performance.now() - from).toFixed(1)} ms`);
  await index.close();
  const again = performance.now();
  const reopened = new JournalIndex(dir);
  await reopened.grow();
  console.log(`opened anew, nothing new: ${(performance.now() - again).toFixed(1)} ms`);
  await reopened.close();
} finally {
  rmSync(dir, { recursive: true, force: true });
}
