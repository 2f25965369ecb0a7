/** The thread that understands big statements, so that the event loop never waits for one. Started by ../judge-thread.ts. */

/* oxlint-disable unicorn/require-post-message-target-origin -- a thread, not a window */

import { parentPort } from 'node:worker_threads';
import { doubtful } from '../doubtful.ts';
import type { Answer, Order } from '../judge-thread.ts';
import { Judge } from './batch.ts';
import { Readings } from './reading.ts';
import type { MysqlReading } from './reading.ts';

const port = parentPort;
let judge: Judge | undefined;

port?.on('message', ({ text, context, catalog }: Order<MysqlReading>) => {
  if (catalog !== undefined) judge = new Judge(catalog, new Readings());
  const facts = judge?.facts(text, context) ?? doubtful('The statement reached the thread without a catalog.');
  port.postMessage({ facts } satisfies Answer);
});
port?.postMessage({} satisfies Answer);
