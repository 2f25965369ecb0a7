/** An agent's connection, on which a step is run and every byte of its answer kept. */

import type { Socket } from 'node:net';
import { commands, values } from '../../mysql/scripted.ts';
import { Command } from '../../../src/mysql/packets/commands.ts';
import { MysqlWireClient, query as mysqlQuery } from '../../support/mysql-wire.ts';
import { AGENT_PASSWORD } from '../../support/proxy.ts';
import { frames, WireClient } from '../../support/wire.ts';
import type { Step } from './grammar/script.ts';
import type { Server } from './servers.ts';

export interface Agent {
  /** The bytes that answer the step. Rejects when they make no sense, or the connection ends. */
  answer(step: Step): Promise<Buffer>;
  destroy(): void;
}

export async function connectAgent(server: Server, port: number): Promise<Agent> {
  const login = { host: '127.0.0.1', port, user: 'reporter', password: AGENT_PASSWORD, database: 'shop' };
  if (server === 'postgres') {
    const client = await WireClient.login(login);
    return agent(client, (step) => askPostgres(client, step));
  }
  const client = await MysqlWireClient.login(login);
  return agent(client, (step) => askMysql(client, step));
}

function agent(client: { readonly socket: Socket; destroy(): void }, ask: (step: Step) => Promise<void>): Agent {
  let chunks: Buffer[] = [];
  client.socket.on('data', (chunk: Buffer) => void chunks.push(chunk));
  return {
    async answer(step) {
      chunks = [];
      await ask(step).catch((error: unknown) => {
        throw new Error(`${(error as Error).message.slice(0, 200)}, after ${JSON.stringify(Buffer.concat(chunks).toString('latin1').slice(-500))}`);
      });
      return Buffer.concat(chunks);
    },
    destroy: () => client.destroy(),
  };
}

/** pg_type.oid */
const TYPES = { number: 1700, text: 25, date: 1082 } as const;

async function askPostgres(client: WireClient, step: Step): Promise<void> {
  // What it has read it keeps, which would be much.
  client.transcript.length = 0;
  if (step.how === 'query') client.send(frames.query(step.text));
  else {
    const rounds = step.limit === 0 ? 1 : 3;
    client.send(
      frames.parse({ text: step.text, types: step.parameters.map(({ type }) => TYPES[type]) }), frames.bind({ values: step.parameters.map(({ value }) => value), binary: step.binary }),
      frames.describe({ type: 'P' }), ...Array.from({ length: rounds }, () => frames.execute({ rows: step.limit })), frames.sync(),
    );
  }
  const lines = await client.until('ReadyForQuery', 'CopyInResponse');
  if (lines.at(-1)?.includes('CopyInResponse') === true) {
    client.send(frames.copyData(Buffer.from(step.how === 'query' ? (step.copy ?? '') : '')), frames.copyDone());
    lines.push(...(await client.until('ReadyForQuery')));
  }
  if (lines.at(-1) === 'B (closed)') throw new Error('the connection has ended');
}

async function askMysql(client: MysqlWireClient, step: Step): Promise<void> {
  if (step.how === 'query') {
    client.send(mysqlQuery(step.text));
    await client.answer();
    return;
  }
  client.send(commands.prepare(step.text));
  const made = await client.prepared();
  if (made === undefined || !('parameters' in made)) return;
  const given = step.parameters.map(({ value }) => (value === null ? ([253, null] as const) : values.text(value)));
  client.send(commands.execute(made.statementId, given));
  await client.answer(true);
  client.send(commands.statement(Command.StmtClose, made.statementId));
}
