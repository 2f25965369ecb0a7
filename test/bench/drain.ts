import { WireClient, frames } from '../support/wire.ts';
import type { Target } from './workloads.ts';

/** ReadyForQuery, idle: the last six bytes of an answer. */
const READY = Buffer.from([0x5a, 0, 0, 0, 5, 0x49]);

/**
 * Runs the statement and throws its answer away as fast as it comes. psql spends longer over a row than a proxy
 * does, and so hides most of what a proxy costs; this doesn't.
 */
export async function drain(target: Target, sql: string): Promise<void> {
  const client = await WireClient.login(target);
  const { socket } = client;
  socket.removeAllListeners('data');
  let tail: Buffer = Buffer.alloc(0);
  let first: Buffer | undefined;
  await new Promise<void>((resolve, reject) => {
    socket.on('data', (chunk: Buffer) => {
      first ??= chunk;
      tail = chunk.length >= READY.length ? chunk.subarray(-READY.length) : Buffer.concat([tail, chunk]).subarray(-READY.length);
      if (tail.equals(READY)) resolve();
    });
    socket.once('close', () => reject(new Error(`the connection ended during ${sql}`)));
    socket.write(frames.query(sql));
  });
  socket.removeAllListeners('close');
  client.destroy();
  // A refusal is drained fast too.
  if (first?.[0] === 0x45) throw new Error(`${sql} was refused: ${first.toString('utf8', 5, 300)}`);
}
