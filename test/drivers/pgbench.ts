import { execFile } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { environment, type Target } from './run.ts';

const run = promisify(execFile);

/** Reads and writes in a transaction, as pgbench's own scripts do. */
const SCRIPT = `\\set id random(1, 100)
begin;
update bench set n = n + 1 where id = :id;
select n from bench where id = :id;
insert into bench_log (id) values (:id);
end;
`;

/** What it counted. Rejects with what it said when it fails. */
export async function pgbench(program: string, dir: string, mode: 'simple' | 'extended' | 'prepared', target: Target): Promise<{ processed: number; failed: number }> {
  const script = join(dir, 'bench.sql');
  writeFileSync(script, SCRIPT);
  const { stdout } = await run(program, ['-n', '-M', mode, '-c', '4', '-j', '1', '-t', '50', '-f', script], { env: environment(target), timeout: 60_000 });
  return { processed: Number(/actually processed: (\d+)/.exec(stdout)?.[1]), failed: Number(/failed transactions: (\d+)/.exec(stdout)?.[1] ?? 0) };
}
