import { createServer, type Server, type Socket } from 'node:net';
import type { Address } from '../config/config.ts';

/** An agent whose machine vanished must not keep its hold for ever: an approval would then run for nobody. */
const KEEP_ALIVE_MS = 60_000;

export interface Listener {
  readonly address: Address;
  /** Stops accepting, and drops whoever isn't let in yet; connections that are stay. */
  close(): Promise<void>;
}

export interface ListenOptions {
  readonly address: Address;
  /** Of connections over this many, at the door and inside, the one longest at the door is closed: who means to log in is done soon. */
  readonly maxConnections: number;
  /** How many are inside now. */
  readonly inside: () => number;
  /** Takes each accepted socket; settles when it is let in or turned away, and never rejects. */
  readonly accept: (socket: Socket) => Promise<unknown>;
}

/** Listens on a TCP port. Rejects with the system's error (EADDRINUSE, EACCES) when it can't. */
export async function listen({ address, maxConnections, inside, accept }: ListenOptions): Promise<Listener> {
  // Counted here: the server forgets a socket whose handle another one takes over (plainWire).
  const entering = new Set<Socket>();
  // Half-open sockets are allowed so that a client that has sent its last statement and closed its side still gets the answer's bytes.
  const server = createServer({ allowHalfOpen: true, noDelay: true, pauseOnConnect: true, keepAlive: true, keepAliveInitialDelay: KEEP_ALIVE_MS }, (socket) => {
    socket.on('error', () => {}); // whoever takes the socket learns of it by its own listener; until then it must not end the process
    if (entering.size + inside() >= maxConnections && !makeRoom(entering)) return void socket.destroy();
    entering.add(socket);
    void accept(socket).finally(() => entering.delete(socket));
  });
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    // The backlog bounds half-open floods in the kernel rather than in our memory.
    server.listen({ host: address.host, port: address.port, backlog: 1024 }, () => {
      server.off('error', reject);
      resolve();
    });
  });
  server.on('error', () => {}); // accept errors (EMFILE): the connection is lost, the listener stays
  const close = (): Promise<void> => {
    const closed = new Promise<void>((resolve) => server.close(() => resolve()));
    for (const socket of entering) socket.destroy();
    return closed;
  };
  return { address: boundAddress(server, address), close };
}

/** Turns away the one that is longest at the door; false when nobody is there. */
function makeRoom(entering: Set<Socket>): boolean {
  const [oldest] = entering;
  if (oldest === undefined) return false;
  entering.delete(oldest);
  oldest.destroy();
  return true;
}

function boundAddress(server: Server, wanted: Address): Address {
  const bound = server.address();
  return { host: wanted.host, port: bound !== null && typeof bound === 'object' ? bound.port : wanted.port };
}
