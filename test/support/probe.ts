import { connect } from 'node:net';

/** Whether something takes TCP connections there and, when `ask` is given, answers it with something that starts with `expected`. */
export function probe(port: number, ask?: string, expected = ''): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect({ host: '127.0.0.1', port });
    const end = (answer: boolean) => {
      socket.destroy();
      resolve(answer);
    };
    socket.once('error', () => end(false));
    socket.once('close', () => end(false));
    socket.once('connect', () => (ask === undefined ? end(true) : socket.write(ask)));
    socket.once('data', (data) => end(data.toString('latin1').startsWith(expected)));
  });
}
