import pg from 'pg';
import { target } from '../scenario.ts';

export async function connect(more: pg.ClientConfig = {}): Promise<pg.Client> {
  const { ca, ...where } = target;
  const client = new pg.Client({ ...where, ...(ca === undefined ? {} : { ssl: { ca } }), ...more });
  client.on('error', () => {}); // told of again by whatever waits
  await client.connect();
  return client;
}

/** The column `v` of the first row. */
export async function one(client: pg.Client, text: string): Promise<unknown> {
  return (await client.query<{ v: unknown }>(text)).rows[0]?.v;
}

/** node-postgres has no public way to cancel; its connection can. */
export function cancel(running: pg.Client): void {
  const { processID, secretKey } = running as unknown as { processID: number; secretKey: number };
  const { connection } = new pg.Client({ ssl: false }) as unknown as { connection: CancelConnection };
  connection.on('error', () => {});
  connection.once('connect', () => connection.cancel(processID, secretKey));
  connection.connect(target.port, target.host);
}

interface CancelConnection {
  connect(port: number, host: string): void;
  cancel(processID: number, secretKey: number): void;
  once(event: 'connect', listener: () => void): void;
  on(event: 'error', listener: () => void): void;
}
