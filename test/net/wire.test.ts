/** Bytes of one connection never turn up in another, however slow those are who read them. */

import { once } from 'node:events';
import { type AddressInfo, connect, createServer, type Server, type Socket } from 'node:net';
import { afterEach, expect, it } from 'vitest';
import { plainWire, type Wire } from '../../src/net/wire.ts';

const opened: (Socket | Server)[] = [];
afterEach(() => {
  for (const each of opened.splice(0)) {
    if ('destroy' in each) each.destroy();
    else each.close();
  }
});

/** Both ends of a connection, one of them as a wire. */
async function pair(): Promise<{ readonly wire: Wire; readonly far: Socket }> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const far = connect((server.address() as AddressInfo).port, '127.0.0.1');
  const [[accepted]] = await Promise.all([once(server, 'connection') as Promise<[Socket]>, once(far, 'connect')]);
  server.close();
  opened.push(far);
  return { wire: plainWire(accepted), far };
}

/** What comes from one peer goes to the other. */
async function forwarded(): Promise<{ readonly sender: Socket; readonly reader: Socket }> {
  const [from, to] = [await pair(), await pair()];
  const nothing = { bytes: () => {}, ended: () => {}, closed: () => {} };
  to.wire.start({ ...nothing, drained: () => from.wire.resume() });
  from.wire.start({
    ...nothing, drained: () => {},
    bytes(chunk) {
      to.wire.write([chunk.subarray(0, 10), chunk.subarray(10)]);
      if (to.wire.backlog > 256 * 1024) from.wire.pause();
    },
  });
  return { sender: from.far, reader: to.far };
}

it('what waits to be written isn\'t overwritten by what another connection reads', async () => {
  const lines = await Promise.all(Array.from({ length: 6 }, forwarded));
  const size = 8 * 1024 * 1024;
  const received = lines.map(async ({ sender, reader }, line) => {
    sender.end(Buffer.alloc(size, 65 + line));
    let count = 0;
    const strange = new Set<number>();
    reader.pause();
    // Nobody reads for a while, so that what was forwarded has to wait.
    await new Promise((resolve) => setTimeout(resolve, 50 + 10 * line));
    for await (const chunk of reader as AsyncIterable<Buffer>) {
      for (const byte of chunk) if (byte !== 65 + line) strange.add(byte);
      count += chunk.length;
      if (count >= size) break;
    }
    return { count, strange: [...strange] };
  });
  expect(await Promise.all(received)).toEqual(lines.map(() => ({ count: size, strange: [] })));
}, 60_000);
