/** The door of MySQL with a session behind it that lets everything pass: what logs in here talks to the database. */

import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { randomInt } from 'node:crypto';
import { configFrom } from '../../src/config/load.ts';
import { mysqlDoor } from '../../src/mysql/admission.ts';
import { SeenServers } from '../../src/mysql/flavour.ts';
import { ownWishes, withLogin } from '../../src/mysql/upstream.ts';
import { tlsIdentity } from '../../src/net/identity.ts';
import type { Veil } from '../../src/masking/veil.ts';
import { listen } from '../../src/net/listener.ts';
import type { Admitted, House } from '../../src/protocol/door.ts';
import type { Conversation } from '../../src/protocol/conversation.ts';
import { Refused } from '../../src/protocol/refusal.ts';
import type { Understanding } from '../../src/sql/facts.ts';
import type { Certificate } from './certificates.ts';

export interface DoorOptions {
  readonly upstream: { readonly host: string; readonly port: number; readonly user: string; readonly password: string; readonly tls?: 'disable' | 'require' };
  /** Lines of countersign.yaml's `agents`. */
  readonly agents: readonly string[];
  readonly tls?: Certificate & { readonly required?: boolean };
  readonly handshake?: string;
  /** Names of more databases, all on the same upstream. */
  readonly databases?: readonly string[];
  /** Agents that may not enter. */
  readonly frozen?: readonly string[];
  /** What an agent sees only as masks, by the text of its statement. */
  readonly veil?: (text: string) => Veil | undefined;
}

export interface TestDoor {
  readonly port: number;
  /** Everyone who came in. */
  readonly admitted: Admitted[];
  /** Logins that failed. */
  readonly refused: { readonly agent: string; readonly database: string; readonly code: string }[];
  readonly house: House;
  stop(): Promise<void>;
}

export async function startDoor(options: DoorOptions): Promise<TestDoor> {
  const dir = mkdtempSync(join(tmpdir(), 'cs-door-'));
  const { upstream } = options;
  writeFileSync(join(dir, 'policy.yaml'), 'version: 1\n');
  if (options.tls) {
    writeFileSync(join(dir, 'cert.pem'), options.tls.cert);
    writeFileSync(join(dir, 'key.pem'), options.tls.key);
  }
  const config = configFrom(join(dir, 'countersign.yaml'), configuration(options));
  const admitted: Admitted[] = [];
  const refused: TestDoor['refused'] = [];
  const house: House = {
    config, tls: config.tls === undefined ? undefined : await tlsIdentity(config.tls), mockSecret: Buffer.alloc(32, 7),
    readSecret: () => Promise.resolve(upstream.password), authorities: () => Promise.resolve(undefined), mayUse: () => {}, rowsWaitMs: () => 0, cancel: () => {}, upstreamFailed: () => {},
    newKey: () => ({ processId: randomInt(1, 0x7fff_ffff), secretKey: Buffer.alloc(32) }),
    mayEnter(agent) {
      if (options.frozen?.includes(agent.name) === true) throw new Refused({ code: 'agent_frozen', message: 'frozen' });
    },
    loginRefused: (attempt) => void refused.push(attempt),
  };
  const seen = new SeenServers();
  await see(seen, house);
  const door = mysqlDoor(seen);
  const listener = await listen({
    address: { host: '127.0.0.1', port: 0 }, maxConnections: 1000, inside: () => 0,
    accept: async (socket) => {
      const one = await door(socket, house);
      if (one === undefined) return;
      admitted.push(one);
      passEverything(one, options.veil);
    },
  });
  return {
    port: listener.address.port, admitted, refused, house,
    async stop() {
      for (const { client, upstream: database } of admitted) {
        client.destroy();
        database.destroy();
      }
      await listener.close();
      rmSync(dir, { recursive: true });
    },
  };
}

function configuration({ upstream: { host, port, user, tls: mode = 'disable' }, agents, tls, handshake = '10s', databases = [] }: DoorOptions): string {
  const database = (name: string): string => `  ${name}: { protocol: mysql, upstream: "mysql://${user}@${host}:${port}/shop", tls: { mode: ${mode} } }`;
  return `listen: { mysql: 127.0.0.1:0 }
${tls === undefined ? '' : `tls: { cert: cert.pem, key: key.pem, required: ${tls.required ?? false} }`}
databases:
${['shop', ...databases].map(database).join('\n')}
agents:
${agents.map((agent) => `  - ${agent}`).join('\n')}
journal: { dir: journal }
policies: [policy.yaml]
timeouts: { handshake: ${handshake} }
`;
}

/** What the reading of the catalog does in the proxy. A server that isn't there isn't seen. */
async function see(seen: SeenServers, house: House): Promise<void> {
  for (const database of house.config.databases.values()) {
    const options = { database, password: await house.readSecret(database), ca: undefined, signal: AbortSignal.timeout(10_000), wishes: ownWishes('test') };
    await withLogin(options, 65_536, ({ exchange, greeting }) => {
      seen.note(database.name, greeting);
      exchange.handshake.socket.destroy();
      return Promise.resolve();
    }).catch(() => undefined);
  }
}

const understanding: Understanding = {
  version: 1, facts: () => Promise.reject(new Error('nothing is judged here')), refresh: () => Promise.resolve(), close: () => Promise.resolve(),
  catalog: { serverVersion: 0, relations: [], functions: [], builtins: [], operators: [], types: [], extensions: [] },
  shows: () => undefined,
  substitute: () => Promise.reject(new Error('nothing is judged here')),
};

function passEverything(admitted: Admitted, veil: DoorOptions['veil']): void {
  const { client, upstream } = admitted;
  const nothing = (): void => {};
  const conversation = admitted.converse({ completed: nothing, ended: nothing, ready: nothing, setting: nothing, reset: nothing }, understanding);
  const flush = (): void => {
    upstream.write(conversation.toDatabase.take());
    conversation.sent();
    client.write(conversation.toClient.take());
  };
  const pump = (): void => {
    while (takeOne(conversation, veil)) flush();
    flush();
    conversation.keep();
  };
  const end = (): void => {
    client.end();
    upstream.destroy();
  };
  const guarded = (act: () => void): void => {
    try {
      act();
    } catch (error) {
      if (!(error instanceof Refused)) throw error;
      client.write([...conversation.toClient.take(), conversation.fatal(error.refusal)]);
      end();
    }
  };
  client.start({ bytes: (chunk) => guarded(() => (conversation.receive(chunk), pump())), drained: nothing, ended: end, closed: end });
  upstream.start({ bytes: (chunk) => guarded(() => (conversation.reply(chunk), flush(), pump())), drained: nothing, ended: end, closed: end });
  if (admitted.rest.client.length > 0) conversation.receive(admitted.rest.client);
  pump();
}

function takeOne(conversation: Conversation, veil: DoorOptions['veil']): boolean {
  const step = conversation.next();
  if (step === undefined || step === 'unsettled') return false;
  for (const { source } of step.prepares) source.veil = veil?.(source.text);
  for (const statement of step.statements) statement.veil = veil?.(statement.source.text);
  if (step.refusal === undefined) conversation.forward(step);
  else conversation.refuse(step, -1, step.refusal);
  return true;
}
