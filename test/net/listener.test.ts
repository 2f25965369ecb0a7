import { once } from 'node:events';
import { connect, type Socket } from 'node:net';
import { expect, onTestFinished, test } from 'vitest';
import { listen } from '../../src/net/listener.ts';

/** A door where everybody stays until let in. */
async function door(maxConnections: number) {
  let inside = 0;
  const waiting: { socket: Socket; letIn: () => void }[] = [];
  const listener = await listen({
    address: { host: '127.0.0.1', port: 0 }, maxConnections, inside: () => inside,
    accept: (socket) => new Promise<void>((resolve) => {
      socket.on('close', () => resolve());
      waiting.push({ socket, letIn: () => (inside++, resolve()) });
    }),
  });
  onTestFinished(async () => {
    for (const { socket } of waiting) socket.destroy();
    await listener.close();
  });
  const knock = async (): Promise<Socket> => {
    const seen = waiting.length;
    const socket = connect(listener.address.port, '127.0.0.1');
    socket.on('error', () => {});
    onTestFinished(() => void socket.destroy());
    await once(socket, 'connect');
    await expect.poll(() => waiting.length > seen || socket.destroyed || socket.readableEnded).toBe(true);
    socket.resume();
    return socket;
  };
  return { waiting, knock };
}

test('when all places are taken by those at the door, the one longest there makes room', async () => {
  const { knock } = await door(2);
  const first = await knock();
  const second = await knock();
  const third = await knock();
  await expect.poll(() => first.destroyed).toBe(true);
  expect([second.destroyed, third.destroyed]).toEqual([false, false]);
});

test('who is inside makes room for nobody', async () => {
  const { knock, waiting } = await door(1);
  const inside = await knock();
  waiting[0]?.letIn();
  await new Promise(setImmediate);
  const late = connect((inside.remotePort as number), '127.0.0.1');
  late.on('error', () => {});
  late.resume();
  await once(late, 'close');
  expect(inside.destroyed).toBe(false);
});
