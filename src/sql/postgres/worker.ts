/** The thread that understands big statements, so that the event loop never waits for one. Started by ../judge-host.ts. */

/* oxlint-disable unicorn/require-post-message-target-origin -- a thread, not a window */

import { parentPort } from 'node:worker_threads';
import { Catalog } from '../catalog.ts';
import { doubtful } from '../doubtful.ts';
import { Judge } from './batch.ts';
import type { Order, Answer } from '../judge-process.ts';
import type { Limits } from './limits.ts';
import { measure } from './limits.ts';
import { Parser } from './parser.ts';

const port = parentPort;
const parser = await Parser.start();
let judge: Judge | undefined;

port?.on('message', (order: Order<Limits>) => {
  void obey(order);
});
port?.postMessage({} satisfies Answer);

async function obey(order: Order<Limits>): Promise<void> {
  if (order.catalog !== undefined) judge = new Judge(parser, new Catalog(order.catalog));
  await parser.ready();
  const measured = measure(order.text, order.context);
  const facts = typeof measured === 'string' ? doubtful(measured) : (judge?.facts(order.text, measured) ?? doubtful('The statement reached a parser without a catalog.'));
  port?.postMessage({ facts } satisfies Answer);
}
