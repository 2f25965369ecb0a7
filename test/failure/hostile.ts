/** Thousands of connections that mean ill, from a process of their own: `hostile.ts PORT COUNT`. None of them is ever closed from this side. */

import { randomBytes } from 'node:crypto';
import { connect, type Socket } from 'node:net';

import { frames } from '../support/wire.ts';

const [port, count] = process.argv.slice(2).map(Number) as [number, number];

const startup = frames.startup({ user: 'reporter', database: 'shop' });
const ignored = (): void => undefined;

/** A login that would be right, one byte every now and then. */
function slowly(socket: Socket): void {
  let at = 0;
  const timer = setInterval(() => void socket.write(startup.subarray(at, ++at)), 500);
  socket.on('close', () => clearInterval(timer));
}

const WAYS: readonly ((socket: Socket) => void)[] = [
  ignored,
  (socket) => void socket.write(randomBytes(2_000)),
  (socket) => void socket.write(Buffer.from([0x7f, 0xff, 0xff, 0xff, 0, 3, 0, 0])),
  (socket) => void socket.write(Buffer.from([0, 0, 0x27, 0x10, 0, 3, 0, 0])),
  slowly,
  (socket) => void socket.write(startup),
  (socket) => void socket.write(Buffer.concat([startup, frames.raw('p', Buffer.alloc(10), 0x7fff_ffff)])),
  (socket) => void socket.write(Buffer.concat([startup, frames.raw('p', Buffer.alloc(60_000), 65_000)])),
  (socket) => void socket.write(frames.sslRequest()),
  (socket) => void socket.write('GET / HTTP/1.1\r\nHost: shop\r\n\r\n'),
];

let open = 0;
let refused = 0;

function attack(index: number): Promise<void> {
  return new Promise((resolve) => {
    const socket = connect({ host: '127.0.0.1', port });
    socket.on('error', () => {
      refused++;
      resolve();
    });
    socket.on('close', () => open--);
    socket.on('connect', () => {
      open++;
      WAYS[index % WAYS.length]?.(socket);
      // Nothing that is answered is read.
      socket.pause();
      resolve();
    });
  });
}

for (let from = 0; from < count; from += 200) await Promise.all(Array.from({ length: Math.min(200, count - from) }, (_, index) => attack(from + index)));
process.send?.({ open, refused });
process.on('disconnect', () => process.exit());
