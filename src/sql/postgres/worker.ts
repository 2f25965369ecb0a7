/** The thread that understands big statements, so that the event loop never waits for one. Started by ../judge-host.ts. */

/* oxlint-disable unicorn/require-post-message-target-origin -- a thread, not a window */

import { parentPort } from 'node:worker_threads';
import { Sight } from '../../masking/sight.ts';
import type { Substitution } from '../../masking/substitution.ts';
import { Catalog } from '../catalog.ts';
import { doubtful } from '../doubtful.ts';
import { Judge } from './batch.ts';
import type { Order, Answer } from '../judge-process.ts';
import type { Limits, Measure } from './limits.ts';
import { measure } from './limits.ts';
import { Parser } from './parser.ts';
import { Substituter } from './substitution/substituter.ts';

const port = parentPort;
const parser = await Parser.start();
let judge: Judge | undefined;
let substituter: Substituter | undefined;

export interface PostgresContext {
  readonly limits: Limits;
  /** Of a substitution: the session's search_path; undefined: not known. */
  readonly path: readonly string[] | undefined;
}

port?.on('message', (order: Order<PostgresContext>) => {
  void obey(order);
});
port?.postMessage({} satisfies Answer);

async function obey(order: Order<PostgresContext>): Promise<void> {
  if (order.catalog !== undefined) {
    const catalog = new Catalog(order.catalog);
    judge = new Judge(parser, catalog);
    substituter = new Substituter(parser, catalog);
  }
  await parser.ready();
  const measured = measure(order.text, order.context.limits);
  if (order.sight !== undefined) return port?.postMessage({ substitution: substituted(order, measured) } satisfies Answer);
  const facts = typeof measured === 'string' ? doubtful(measured) : (judge?.facts(order.text, measured) ?? doubtful('The statement reached a parser without a catalog.'));
  port?.postMessage({ facts } satisfies Answer);
}

function substituted({ text, context, sight }: Order<PostgresContext>, measured: Measure | string): Substitution {
  const obstacle = typeof measured === 'string' ? measured : substituter === undefined || sight === undefined ? 'The statement reached a parser without a catalog.' : undefined;
  if (obstacle !== undefined || substituter === undefined || sight === undefined) return { edits: [], uses: [], obstacle: obstacle ?? '' };
  return substituter.substitute(text, context.path, new Sight(sight));
}
