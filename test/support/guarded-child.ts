// Run by guarded.test.ts: starts a server, says where, and ends as its standard input says, never stopping the server.
import { once } from 'node:events';

import { startPostgres } from './postgres.ts';

const server = await startPostgres();
process.stdout.write(`${JSON.stringify({ pid: server.pid, dir: server.dir })}\n`);
const [line] = (await once(process.stdin, 'data')) as [Buffer];
if (line.toString() === 'throw\n') throw new Error('as told (this is expected in the output of the tests)');
process.stdin.destroy();
