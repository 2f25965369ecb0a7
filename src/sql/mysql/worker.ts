/** The thread that understands big statements, so that the event loop never waits for one. Started by ../judge-host.ts. */

/* oxlint-disable unicorn/require-post-message-target-origin -- a thread, not a window */

import { parentPort } from 'node:worker_threads';
import { Sight } from '../../masking/sight.ts';
import { doubtful } from '../doubtful.ts';
import type { Answer, Order } from '../judge-process.ts';
import { Judge } from './batch.ts';
import { Readings } from './reading.ts';
import type { MysqlReading } from './reading.ts';
import { IN_WORKER, loadParsers, SecondReading } from './second-reading.ts';
import { Substituter } from './substitution/substituter.ts';

const port = parentPort;
let judge: Judge | undefined;
let substituter: Substituter | undefined;

// What is asked first shouldn't wait for them.
await loadParsers(new URL(import.meta.url).searchParams.get('flavour') === 'mariadb' ? 'mariadb' : 'mysql');
port?.on('message', (order: Order<MysqlReading>) => void answer(order));
port?.postMessage({} satisfies Answer);

/** Orders come one at a time. The catalog's word counts for the flavour. */
async function answer({ text, context, catalog, sight }: Order<MysqlReading>): Promise<void> {
  if (catalog !== undefined) {
    const [readings, second] = [new Readings(), new SecondReading(await loadParsers(catalog.mysql?.flavour ?? 'mysql'), IN_WORKER)];
    judge = new Judge(catalog, readings, second);
    substituter = new Substituter(catalog, readings, second);
  }
  if (sight !== undefined) {
    const substitution = substituter?.substitute(text, context, new Sight(sight)) ?? { edits: [], uses: [], obstacle: 'The statement reached the thread without a catalog.' };
    return port?.postMessage({ substitution } satisfies Answer);
  }
  const facts = judge?.facts(text, context) ?? doubtful('The statement reached the thread without a catalog.');
  port?.postMessage({ facts } satisfies Answer);
}
