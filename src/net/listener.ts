import { createServer, type Server, type Socket } from 'node:net';
import type { Address } from '../config/config.ts';

export interface Listener {
  readonly address: Address;
  /** Stops accepting; connections that are open stay. */
  close(): Promise<void>;
}

export interface ListenOptions {
  readonly address: Address;
  /** Connections over this many are closed at once. */
  readonly maxConnections: number;
  /** Takes each accepted socket; must handle its errors. */
  readonly accept: (socket: Socket) => void;
}

/** Listens on a TCP port. Rejects with the system's error (EADDRINUSE, EACCES) when it can't. */
export async function listen({ address, maxConnections, accept }: ListenOptions): Promise<Listener> {
  // Half-open sockets are allowed so that a client that has sent its last statement and closed its side still gets the answer's bytes.
  const server = createServer({ allowHalfOpen: true, noDelay: true, pauseOnConnect: true }, (socket) => {
    socket.on('error', () => {}); // whoever takes the socket learns of it by its own listener; until then it must not end the process
    accept(socket);
  });
  server.maxConnections = maxConnections;
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    // The backlog bounds half-open floods in the kernel rather than in our memory.
    server.listen({ host: address.host, port: address.port, backlog: 1024 }, () => {
      server.off('error', reject);
      resolve();
    });
  });
  server.on('error', () => {}); // accept errors (EMFILE): the connection is lost, the listener stays
  return { address: boundAddress(server, address), close: () => new Promise((resolve) => server.close(() => resolve())) };
}

function boundAddress(server: Server, wanted: Address): Address {
  const bound = server.address();
  return { host: wanted.host, port: bound !== null && typeof bound === 'object' ? bound.port : wanted.port };
}
