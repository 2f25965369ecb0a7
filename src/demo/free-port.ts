import { createServer } from 'node:net';
import { randomInt } from 'node:crypto';
import { once } from 'node:events';

import { Failure } from '../runtime/failure.ts';

/**
 * A TCP port on 127.0.0.1 that nobody listens on. Below 32768, where Linux and most others begin to take
 * ports for outgoing connections: asking for port 0 now and listening later loses that race under load.
 */
export async function freePort(): Promise<number> {
  for (let attempt = 0; attempt < 100; attempt++) {
    const port = randomInt(20_000, 32_768);
    if (await isFree(port)) return port;
  }
  throw new Failure('no_free_port', 'No free port between 20000 and 32767 was found in 100 attempts.');
}

async function isFree(port: number): Promise<boolean> {
  const server = createServer();
  server.listen(port, '127.0.0.1');
  try {
    await once(server, 'listening');
  } catch {
    return false;
  }
  server.close();
  await once(server, 'close');
  return true;
}
