import { connect } from 'node:net';
import { once } from 'node:events';
import { afterEach, describe, expect, it } from 'vitest';
import { serveApi } from '../../src/api/server.ts';
import type { HttpServer } from '../../src/api/server.ts';
import { requestDouble } from './doubles.ts';
import { TOKENS, testApi } from './parts.ts';
import type { TestApi } from './parts.ts';

const open: HttpServer[] = [];
afterEach(async () => { await Promise.all(open.splice(0).map((server) => server.close(100))); });

async function serve(api: TestApi): Promise<HttpServer> {
  const server = await serveApi(api, { host: '127.0.0.1', port: 0 });
  open.push(server);
  return server;
}

const authorization = `Bearer ${TOKENS.sam}`;

async function* linesOf(response: Response): AsyncGenerator<string> {
  const reader = response.body?.pipeThrough(new TextDecoderStream()).getReader();
  let rest = '';
  for (;;) {
    const chunk = await reader?.read();
    if (chunk === undefined || chunk.done) return;
    rest += chunk.value;
    const parts = rest.split('\n\n');
    rest = parts.pop() ?? '';
    yield* parts;
  }
}

describe('the listening API', () => {
  it('takes a DELETE without a body', async () => {
    const api = testApi();
    const { url } = await serve(api);
    const answer = await fetch(`${url}/api/v1/sessions/ses_none`, { method: 'DELETE', headers: { authorization } });
    expect(answer.status).toBe(404);
  });

  it('streams every request as it becomes, and forgets a client that left', async () => {
    const api = testApi();
    const { url } = await serve(api);
    const leave = new AbortController();
    const answer = await fetch(`${url}/api/v1/requests/events`, { headers: { authorization }, signal: leave.signal });
    expect(answer.headers.get('content-type')).toBe('text/event-stream');
    const lines = linesOf(answer);
    expect((await lines.next()).value).toBe(': connected');
    const { id } = api.desk.put(requestDouble({ text: 'SELECT 1;\n\ndata: {"id":"forged"}\n\nevent: request' }));
    const [event, data, ...more] = ((await lines.next()).value as string).split('\n');
    expect([event, more]).toEqual(['event: request', []]);
    expect(JSON.parse(data?.slice('data: '.length) ?? '')).toMatchObject({ id, text: expect.stringContaining('forged') });
    api.clock.advance(15_000);
    expect((await lines.next()).value).toBe(': ');
    expect(api.desk.watchers).toBe(1);
    leave.abort();
    await expect.poll(() => api.desk.watchers).toBe(0);
    await expect.poll(() => api.clock.waiting).toBe(0);
  });

  it('keeps to 100 event streams and takes new ones when old ones end', async () => {
    const api = testApi();
    const { url } = await serve(api);
    const leave = new AbortController();
    const streams = Array.from({ length: 100 }, () => fetch(`${url}/api/v1/requests/events`, { headers: { authorization }, signal: leave.signal }));
    expect((await Promise.all(streams)).every(({ status }) => status === 200)).toBe(true);
    expect((await fetch(`${url}/api/v1/requests/events`, { headers: { authorization } })).status).toBe(503);
    leave.abort();
    await expect.poll(() => api.desk.watchers).toBe(0);
    const again = await fetch(`${url}/api/v1/requests/events`, { headers: { authorization } });
    expect(again.status).toBe(200);
    await again.body?.cancel();
  });

  it('ends streams when it closes', async () => {
    const api = testApi();
    const server = await serve(api);
    const lines = linesOf(await fetch(`${server.url}/api/v1/requests/events`, { headers: { authorization } }));
    await lines.next();
    await server.close();
    expect((await lines.next()).done).toBe(true);
  });

  it('counts failures by the address of the socket, not by what a header claims', async () => {
    const { url } = await serve(testApi());
    const statuses = [];
    for (let i = 0; i < 21; i += 1) statuses.push((await fetch(`${url}/api/v1/requests`, { headers: { 'x-forwarded-for': `10.0.0.${i}` } })).status);
    expect(statuses.at(-2)).toBe(401);
    expect(statuses.at(-1)).toBe(429);
  });

  it('refuses a chunked body over the limit and huge headers', async () => {
    const api = testApi();
    const { id } = api.desk.put(requestDouble());
    const { url, address } = await serve(api);
    const body = new ReadableStream({ pull(controller) { controller.enqueue(new Uint8Array(16_384).fill(0x20)); } });
    const answer = await fetch(`${url}/api/v1/requests/${id}/decision`, {
      method: 'POST', headers: { authorization, 'content-type': 'application/json' }, body, duplex: 'half',
    }).catch((error: unknown) => error);
    // Either the refusal arrives, or the connection is cut while the client is still sending.
    expect(answer instanceof Response ? answer.status : 'cut').toSatisfy((outcome) => outcome === 413 || outcome === 'cut');
    expect(api.desk.decided).toEqual([]);
    const socket = connect(address.port, address.host);
    socket.write(`GET /healthz HTTP/1.1\r\nHost: x\r\nX: ${'y'.repeat(20_000)}\r\n\r\n`);
    const [reply] = await once(socket, 'data') as [Buffer];
    expect(reply.toString()).toMatch(/^HTTP\/1.1 431/);
    socket.destroy();
  });

  it.each([
    'GET / HTTP/1.1\r\n\r\n', 'GET /healthz HTTP/1.1\r\nHost: a b\r\n\r\n', 'GET /healthz HTTP/1.1\r\nHost: \xff%00/../@\r\n\r\n', 'GET //evil/api HTTP/1.1\r\nHost: x\r\n\r\n',
    'GET http://[::1/ HTTP/1.1\r\nHost: x\r\n\r\n', 'GET /%ff%fe/%zz HTTP/1.1\r\nHost: x\r\n\r\n', 'GET /api/v1/requests/%zz HTTP/1.1\r\nHost: x\r\n\r\n', 'OPTIONS * HTTP/1.1\r\nHost: x\r\n\r\n',
    'CONNECT x:1 HTTP/1.1\r\nHost: x\r\n\r\n', 'TRACE / HTTP/1.1\r\nHost: x\r\n\r\n', 'GET / HTTP/1.1\r\nHost: x\r\nUpgrade: websocket\r\nConnection: upgrade\r\n\r\n', '\x16\x03\x01\x02\x00\x01', 'PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n',
    'POST /slack/events HTTP/1.1\r\nHost: x\r\nContent-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n', 'GET /healthz HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer \x00\r\n\r\n',
  ])('outlives %j', async (bytes) => {
    const { url, address } = await serve(testApi());
    const socket = connect(address.port, address.host);
    socket.on('error', () => {});
    let reply = '';
    socket.on('data', (chunk: Buffer) => { reply += chunk.toString('latin1'); });
    socket.end(Buffer.from(bytes, 'latin1'));
    await once(socket, 'close');
    expect(reply).not.toMatch(/^HTTP\/1\.1 500/);
    expect((await fetch(`${url}/healthz`)).status).toBe(200);
  });

  it('says which address is taken', async () => {
    const { address } = await serve(testApi());
    await expect(serveApi(testApi(), address)).rejects.toMatchObject({ code: 'EADDRINUSE' });
  });
});
