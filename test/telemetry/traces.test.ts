/** Spans at a collector: the agent's own trace goes on in them, and nothing that is anybody's business is in them. */

import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { DIALECTS, type StoryWorld } from '../scenarios/dialects.ts';
import { eventually } from '../scenarios/world.ts';

interface OtlpSpan {
  readonly traceId: string;
  readonly parentSpanId?: string;
  readonly name: string;
  readonly startTimeUnixNano: string;
  readonly endTimeUnixNano: string;
  readonly attributes: readonly { readonly key: string; readonly value: { readonly stringValue?: string; readonly intValue?: number | string } }[];
  readonly status: { readonly code?: number };
}

const TRACE = '4bf92f3577b34da6a3ce929d0e0e4736';
const PARENT = '00f067aa0ba902b7';
const tagged = (text: string): string => `${text} /*traceparent='00-${TRACE}-${PARENT}-01'*/`;
const valuesOf = ({ attributes }: OtlpSpan): Record<string, unknown> => Object.fromEntries(attributes.map(({ key, value }) => [key, value.stringValue ?? Number(value.intValue)]));

describe.each(DIALECTS.slice(0, 2))('$name', (dialect) => {
  let collector: Server;
  let world: StoryWorld;
  const received: { readonly body: string; readonly spans: readonly OtlpSpan[]; readonly token: string | undefined }[] = [];
  const spans = (): OtlpSpan[] => received.flatMap((one) => one.spans);

  beforeAll(async () => {
    collector = createServer((request, response) => {
      const chunks: Buffer[] = [];
      request.on('data', (chunk: Buffer) => chunks.push(chunk)).on('end', () => {
        const body = Buffer.concat(chunks).toString('utf8');
        const { resourceSpans } = JSON.parse(body) as { resourceSpans: { scopeSpans: { spans: OtlpSpan[] }[] }[] };
        received.push({ body, spans: resourceSpans.flatMap(({ scopeSpans }) => scopeSpans.flatMap((scope) => scope.spans)), token: request.headers.authorization });
        response.writeHead(200, { 'content-type': 'application/json' }).end('{}');
      });
    });
    await new Promise<void>((resolve) => collector.listen(0, '127.0.0.1', resolve));
    process.env['TRACES_TOKEN'] = 'Bearer collector';
    const { port } = collector.address() as AddressInfo;
    world = await dialect.start({
      schema: 'create table t (id int); insert into t values (1), (2)',
      extra: `traces: { url: "http://127.0.0.1:${port}/v1/traces", headers: { authorization: { env: TRACES_TOKEN } } }\n`,
    });
  }, 120_000);
  afterAll(async () => {
    await world?.stop();
    await new Promise((resolve) => collector.close(resolve));
  });

  it('statements, refusals and holds are children of what the agent says', async () => {
    const agent = await world.agent();
    await agent.run(tagged('select id from t'));
    await agent.run(tagged('select nothing from t'));
    await agent.run(tagged('drop table t'));
    agent.send(tagged('create table secret_name (id int)'));
    const { id } = await world.proxy.pending(/secret_name/);
    await world.proxy.decide(id, 'approve');
    await agent.ended();
    await eventually(() => spans().filter(({ traceId }) => traceId === TRACE).length >= 5, 'the spans');
    const mine = spans().filter(({ traceId }) => traceId === TRACE);
    expect(mine.every(({ parentSpanId }) => parentSpanId === PARENT)).toBe(true);
    const named = (name: string): OtlpSpan[] => mine.filter((one) => one.name === name);
    const [read, wrong] = named('select shop');
    expect(valuesOf(read as OtlpSpan)).toMatchObject({ 'db.namespace': 'shop', 'db.operation.name': 'select', 'db.response.returned_rows': 2, 'countersign.verdict': 'allow', 'countersign.agent': 'reporter' });
    expect(wrong?.status.code).toBe(2);
    expect(valuesOf(named('drop table shop')[0] as OtlpSpan)).toMatchObject({ 'countersign.verdict': 'deny', 'error.type': 'denied' });
    expect(valuesOf(named('create table shop')[0] as OtlpSpan)).toMatchObject({ 'countersign.verdict': 'hold' });
    expect(valuesOf(named('held shop')[0] as OtlpSpan)).toMatchObject({ 'countersign.state': 'released', 'countersign.rule': 'risky' });
    for (const { startTimeUnixNano, endTimeUnixNano } of mine) expect(BigInt(endTimeUnixNano) >= BigInt(startTimeUnixNano)).toBe(true);
    expect(received.every(({ token }) => token === 'Bearer collector')).toBe(true);
    const [record] = (await world.proxy.journal()).filter(({ event }) => event.kind === 'statement' && event.text.startsWith('select id'));
    expect(valuesOf(read as OtlpSpan)['countersign.record']).toBe(record?.sequence);
    agent.destroy();
  });

  it('what says nothing begins a trace of its own, and nonsense is nothing', async () => {
    const agent = await world.agent();
    await agent.run('select 1001 as own');
    await agent.run(`select 1002 /*traceparent='00-${'0'.repeat(32)}-${PARENT}-01'*/`);
    await agent.run(`select 1003 /*traceparent='no'*/`);
    await eventually(() => spans().filter(({ parentSpanId = '' }) => parentSpanId === '').length >= 3, 'the spans');
    agent.destroy();
  });

  it('what the agent has said is not to be sampled isn\'t sent', async () => {
    const agent = await world.agent();
    const trace = 'a'.repeat(32);
    await agent.run(`select 1 /*traceparent='00-${trace}-${PARENT}-00'*/`);
    await agent.run(`select 1 /*traceparent='00-${'b'.repeat(32)}-${PARENT}-01'*/`);
    await eventually(() => spans().some(({ traceId }) => traceId === 'b'.repeat(32)), 'the span');
    expect(spans().some(({ traceId }) => traceId === trace)).toBe(false);
    agent.destroy();
  });

  it('no text, table or person is in them', () => {
    expect(received.map(({ body }) => body).join('\n')).not.toMatch(/secret_name|1001|sam@example|dana@example|public\.t|shop\.t/);
  });
});

it('a collector that is away harms nothing', async () => {
  const world = await (DIALECTS[0] as (typeof DIALECTS)[number]).start({ extra: 'traces: { url: "http://127.0.0.1:9/v1/traces" }\n' });
  const agent = await world.agent();
  for (let n = 0; n < 50; n++) expect((await agent.run('select 42')).rows).toEqual([['42']]);
  agent.destroy();
  await world.stop();
}, 60_000);
