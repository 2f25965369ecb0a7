import { createServer } from 'node:http';
import type { RequestListener, Server } from 'node:http';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, describe, expect, it } from 'vitest';
import { TOKENS } from '../api/parts.ts';
import { run } from './terminal-double.ts';

const servers: Server[] = [];
afterEach(() => { for (const server of servers.splice(0)) server.close().closeAllConnections(); });

async function answering(listener: RequestListener): Promise<string> {
  const server = createServer(listener);
  servers.push(server);
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
}

const list = (env: Record<string, string>, ...more: string[]) => run(['requests', 'list', ...more], { env });

describe('the remote commands', () => {
  it('say what is missing', async () => {
    expect(await list({})).toMatchObject({ failed: true, err: expect.stringMatching(/No API token.*\n.*COUNTERSIGN_TOKEN or give --token-file/) });
    expect(await list({}, '--token-file', '/nonexistent/token')).toMatchObject({ failed: true, err: expect.stringContaining('/nonexistent/token') });
    expect(await list({ COUNTERSIGN_TOKEN: 'abc' })).toMatchObject({ failed: true, err: expect.stringContaining('must begin with "cst_"') });
    expect(await list({ COUNTERSIGN_TOKEN: `${TOKENS.sam}\r\nX-Evil: 1` })).toMatchObject({ failed: true });
    expect(await list({ COUNTERSIGN_TOKEN: TOKENS.sam }, '--url', 'http://127.0.0.1:1')).toMatchObject({ failed: true, err: expect.stringMatching(/No answer from http:\/\/127\.0\.0\.1:1: .*\nIs countersign running/) });
  });

  it.each(['nonsense', 'ftp://127.0.0.1', 'http://user:secret@127.0.0.1', 'http://db.internal:8080', 'http://127.0.0.1.evil.example'])('refuse the address %s', async (url) => {
    const ran = await list({ COUNTERSIGN_TOKEN: TOKENS.sam }, '--url', url);
    expect(ran.failed).toBe(true);
    expect(ran.err).not.toContain('secret');
    expect(ran.err).not.toContain('No answer');
  });

  it('never follow a redirect with the token, nor print it', async () => {
    const visits: unknown[] = [];
    const evil = await answering((request, response) => {
      visits.push(request.headers);
      response.end('{}');
    });
    const url = await answering((_request, response) => response.writeHead(302, { location: evil }).end());
    const ran = await list({ COUNTERSIGN_TOKEN: TOKENS.sam, COUNTERSIGN_URL: url });
    expect([ran.failed, visits, ran.err.includes(TOKENS.sam)]).toEqual([true, [], false]);
  });

  it('take a token from a file, and say when something else answers', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'countersign-cli-'));
    await writeFile(join(folder, 'token'), `${TOKENS.sam}\n`);
    const seen: (string | undefined)[] = [];
    const url = await answering((request, response) => {
      seen.push(request.headers.authorization);
      response.end('<html>');
    });
    expect(await list({}, '--url', url, '--token-file', join(folder, 'token'))).toMatchObject({ failed: true, err: expect.stringContaining("isn't what this version expects") });
    expect(seen).toEqual([`Bearer ${TOKENS.sam}`]);
    await rm(folder, { recursive: true });
  });

  it('make what a refusal says harmless to a terminal', async () => {
    const url = await answering((_request, response) => response.writeHead(403, { 'content-type': 'application/problem+json' })
      .end(JSON.stringify({ type: 'x', title: 'x', status: 403, code: 'x', detail: 'no\u001b[2J' })));
    expect((await list({ COUNTERSIGN_TOKEN: TOKENS.sam, COUNTERSIGN_URL: url })).err).toBe('error: no⟦U+001B⟧[2J\n');
  });
});
