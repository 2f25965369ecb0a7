/**
 * The process of judge-process.ts: it only passes messages on to a thread, which unlike a process can have a stack that is large
 * enough for deep texts everywhere. It ends with its parent, and with its thread.
 */

/* oxlint-disable unicorn/require-post-message-target-origin -- a thread, not a window */

import { Worker } from 'node:worker_threads';

const thread = new Worker(new URL(process.argv[2] ?? ''), { resourceLimits: { stackSizeMb: 64, maxOldGenerationSizeMb: 512 } });
const end = (): never => process.exit(1);
thread.on('message', (answer) => process.send?.(answer)).on('error', end).on('exit', end);
process.on('message', (order) => thread.postMessage(order)).on('disconnect', end);
// Signals for the whole group mean the parent, which lets what runs end before it goes.
process.on('SIGINT', () => {}).on('SIGTERM', () => {});
