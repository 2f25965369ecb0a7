/**
 * A scripted PostgreSQL in a process of its own, so that thousands of connections cost nobody who is measured anything.
 * What the proxy asks about the catalog is answered by a real server, byte for byte. Run by `startScripted`.
 */

import { replies, type ScriptedConnection, startScriptedPostgres } from '../support/scripted-postgres.ts';
import { frames, WireClient, type WireLogin } from '../support/wire.ts';

/** What was asked of it so far. */
export interface ScriptedCount {
  readonly connections: number;
  /** Texts that carry a mark, as they came. */
  readonly marked: readonly string[];
}

const real = JSON.parse(process.argv[2] ?? '') as WireLogin;
const relays = new WeakMap<ScriptedConnection, Promise<WireClient>>();

const server = await startScriptedPostgres({
  answer(sql, connection) {
    if (connection.parameters.get('application_name') === 'countersign catalog') return relayed(sql, connection);
    if (sql.startsWith('"countersign refused')) return replies.error('42601', 'syntax error');
    return sql.startsWith('select') ? replies.rows(['one'], [['1']]) : replies.complete('NOTIFY');
  },
});
process.send?.({ port: server.port });
process.on('message', () => process.send?.({ connections: server.connections, marked: server.statements.filter((text) => text.includes('mark')) } satisfies ScriptedCount));
process.on('disconnect', () => process.exit());

async function relayed(sql: string, connection: ScriptedConnection): Promise<Uint8Array> {
  const client = await (relays.get(connection) ?? openRelay(connection));
  client.send(frames.query(sql));
  const answer: Buffer[] = [];
  for (let message = await client.next(); message !== undefined && message.name !== 'ReadyForQuery'; message = await client.next()) answer.push(message.frame);
  return Buffer.concat(answer);
}

function openRelay(connection: ScriptedConnection): Promise<WireClient> {
  const relay = WireClient.login(real);
  relays.set(connection, relay);
  connection.socket.once('close', () => void relay.then((client) => client.destroy()));
  return relay;
}
