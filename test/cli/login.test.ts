import { chmodSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { run, start } from './terminal-double.ts';

let home: string;
const servers: Server[] = [];
beforeAll(() => { home = mkdtempSync(join(tmpdir(), 'cs-home-')); mkdirSync(join(home, 'countersign')); });
afterEach(() => { for (const server of servers.splice(0)) server.close().closeAllConnections(); });
afterAll(() => rmSync(home, { recursive: true }));

/** A server that answers these paths by JSON, and all others by 404. */
async function answering(documents: (url: string) => Record<string, unknown>): Promise<{ url: string; seen: (string | undefined)[] }> {
  const seen: (string | undefined)[] = [];
  const server = createServer((request, response) => {
    seen.push(request.headers.authorization);
    const document = documents(url)[(request.url ?? '').split('?')[0] ?? ''];
    response.writeHead(document === undefined ? 404 : 200, { 'content-type': 'application/json' }).end(JSON.stringify(document ?? {}));
  });
  servers.push(server);
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  return { url, seen };
}

const offer = (issuer: string) => ({ '/api/v1/sign-in': { issuer, client_id: 'c', scopes: ['openid'] } });

describe('login', () => {
  it('goes to no issuer without TLS on another machine, and says when one can\'t be asked', async () => {
    for (const issuer of ['http://login.example.com', 'javascript:alert(1)', 'file:///etc/passwd', '\u001b[2J']) {
      const { url } = await answering(() => offer(issuer));
      const ran = await run(['login', '--url', url]);
      expect(ran).toMatchObject({ failed: true, out: '', err: expect.stringContaining('is no https address') as string });
      expect(ran.err).not.toContain('\u001b');
    }
    const { url } = await answering(() => offer('http://127.0.0.1:1'));
    expect(await run(['login', '--url', url])).toMatchObject({ failed: true, err: expect.stringContaining('127.0.0.1:1 can\'t be asked') as string });
  });

  it('ends with Ctrl-C, shows the issuer\'s texts as they are and keeps nothing', async () => {
    const { url } = await answering((self) => ({
      ...offer(self),
      '/.well-known/openid-configuration': { issuer: self, device_authorization_endpoint: `${self}/device`, token_endpoint: `${self}/token` },
      '/device': { device_code: 'd', user_code: 'AB\u202eCD', verification_uri: 'https://x\u001b[2J.example', expires_in: 600, interval: 1 },
    }));
    const world = start(['login', '--url', url], { env: { XDG_CONFIG_HOME: home } });
    await expect.poll(() => world.err).toContain('enter the code');
    world.interrupt.abort();
    expect(await world.done).toMatchObject({ failed: true, err: expect.stringContaining('error: Not signed in.') as string });
    expect(world.err).toContain('AB⟦U+202E⟧CD');
    expect(world.err).not.toContain('\u001b');
  });

  it('is told by a server where nobody can', async () => {
    const { url } = await answering(() => ({}));
    expect(await run(['login', '--url', url])).toMatchObject({ failed: true });
    expect(await run(['login', '--url', 'http://db.internal:8080'])).toMatchObject({ failed: true, err: expect.stringContaining('plain HTTP') as string });
  });
});

describe('a stored sign-in', () => {
  const file = () => join(home, 'countersign', 'sign-ins.json');
  const store = (url: string, until: string) => {
    writeFileSync(file(), JSON.stringify({ version: 1, sign_ins: { [`${url}/`]: { token: 'e30.e30.c2ln', email: 'kim@example.com', until } } }));
    chmodSync(file(), 0o600);
  };
  const list = (url: string, env: Record<string, string> = {}) => run(['requests', 'list', '--url', url], { env: { XDG_CONFIG_HOME: home, ...env } });

  it('serves the commands that get no token, until it is over', async () => {
    const { url, seen } = await answering(() => ({ '/api/v1/requests': { requests: [] } }));
    store(url, '2026-01-01T00:10:00.000Z');
    expect(await list(url)).toMatchObject({ failed: false, err: 'No requests.\n' });
    await list(url, { COUNTERSIGN_TOKEN: `cst_${'k'.repeat(43)}` });
    expect(seen).toEqual(['Bearer e30.e30.c2ln', `Bearer cst_${'k'.repeat(43)}`]);
    store(url, '2026-01-01T00:01:00.000Z');
    expect(await list(url)).toMatchObject({ failed: true, err: 'error: Your sign-in as kim@example.com is over.\nRun `countersign login` again.\n' });
    expect(seen).toHaveLength(2);
  });

  it('is gone from this machine at logout, and ended at its server, or it is said that it isn\'t', async () => {
    const until = '2026-01-01T00:10:00.000Z';
    const logout = async (documents: Record<string, unknown>) => {
      const { url, seen } = await answering(() => documents);
      store(url, until);
      const ran = await run(['logout', '--url', url], { env: { XDG_CONFIG_HOME: home } });
      expect(await list(url)).toMatchObject({ failed: true, err: expect.stringContaining('No API token') as string });
      return { ...ran, url, seen };
    };
    const ended = { sign_in: 'sgn_a', email: 'kim@example.com' };
    expect(await logout({ '/api/v1/sign-in': { ...ended, everywhere: true } })).toMatchObject({ failed: false, err: '', out: expect.stringContaining('Signed out of') as string, seen: ['Bearer e30.e30.c2ln'] });
    expect((await logout({ '/api/v1/sign-in': { ...ended, everywhere: false } })).err).toBe('Other replicas are told when the store answers again.\n');
    expect(await logout({})).toMatchObject({ failed: false, err: expect.stringContaining(`removed here only, and counts until ${until}`) as string });
  });

  it('that isn\'t what was written is told', async () => {
    writeFileSync(file(), '{"version":2}', { mode: 0o600 });
    expect(await list('http://127.0.0.1:1')).toMatchObject({ failed: true, err: expect.stringContaining('isn\'t what `countersign login` wrote') as string });
  });
});
