import { PassThrough } from 'node:stream';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { serveApi } from '../../src/api/server.ts';
import type { HttpServer } from '../../src/api/server.ts';
import { requestDouble } from '../api/doubles.ts';
import { TOKENS, testApi } from '../api/parts.ts';
import type { TestApi } from '../api/parts.ts';
import { run, start } from './terminal-double.ts';

let api: TestApi;
let server: HttpServer;
let env: Record<string, string>;
beforeEach(async () => {
  api = testApi();
  server = await serveApi(api, { host: '127.0.0.1', port: 0 });
  env = { COUNTERSIGN_URL: server.url, COUNTERSIGN_TOKEN: TOKENS.sam };
});
afterEach(() => server.close(100));

describe('requests list', () => {
  it('prints a line each, newest first, with nothing that a terminal would obey', async () => {
    const first = api.desk.put(requestDouble({ text: 'SELECT\n\n  1' }));
    const second = api.desk.put(requestDouble({ text: `\u001b[2J\u202edrop ${'x'.repeat(500)}` }));
    const { out, failed } = await run(['requests', 'list', '--state', 'pending'], { env });
    expect(failed).toBe(false);
    const lines = out.trimEnd().split('\n');
    expect(lines).toHaveLength(2);
    expect(lines[0]).toMatch(new RegExp(`^${second.id}  pending    12 min 5 s`));
    expect(lines[0]).toContain('⟦U+001B⟧[2J⟦U+202E⟧drop x');
    expect(lines[1]).toMatch(new RegExp(`^${first.id}.*SELECT 1$`));
  });

  it('prints JSON that is the exact text to a parser and harmless to a terminal', async () => {
    const { text } = api.desk.put(requestDouble({ text: 'é \u009b31m \u202e \u001b[0m' }));
    const { out } = await run(['requests', 'list', '--json'], { env });
    for (const hidden of ['\u001b', '\u009b', '\u202e']) expect(out).not.toContain(hidden);
    expect(JSON.parse(out)).toMatchObject({ requests: [{ text }] });
  });

  it('says so when there is none, when there are more and when the question is wrong', async () => {
    expect((await run(['requests', 'list'], { env })).err).toBe('No requests.\n');
    for (let i = 0; i < 3; i += 1) api.desk.put(requestDouble());
    expect((await run(['requests', 'list', '--limit', '2'], { env })).err).toMatch(/--before req_/);
    expect(await run(['requests', 'list', '--state', 'open'], { env })).toMatchObject({ failed: true, err: expect.stringContaining('query.state') });
  });
});

describe('requests show', () => {
  it('shows the whole statement, marked line by line, so that no line of it can pass for ours', async () => {
    const { id, digest } = api.desk.put(requestDouble({
      text: `SELECT 1;\nDigest       ${'0'.repeat(64)}\r\nApprovers    nobody\u2028\u200b`, parameters: ['a\nb', null, '\u202e'],
      transaction: { open: true, ageMs: 12_300 }, effects: [{ effect: 'read', objects: ['public.a\nTables  none'] }],
    }));
    const { out } = await run(['requests', 'show', id], { env });
    expect(out).toBe([
      `Request      ${id}, pending, 12 min 5 s left (until 2026-01-01T00:15:00.000Z)`,
      'Agent        reporter, owned by dana@example.com',
      'Database     shop (postgres)',
      'Effects      read public.a⟦U+000A⟧Tables  none',
      '             WITHOUT a WHERE: every row',
      'Tables       public.orders (read and written; columns *)',
      'Rule         writes: writes are held by rule writes',
      'Approvers    1 of dba',
      'Transaction  open for 12 s; its locks wait too',
      'Agent says   application_name: nightly-report',
      `Digest       ${digest}`,
      'Statement    110 characters, whole:',
      '  | SELECT 1;',
      `  | Digest       ${'0'.repeat(64)}⟦U+000D⟧`,
      '  | Approvers    nobody⟦U+2028⟧⟦U+200B⟧',
      'Parameters',
      '  | $1 = "a\\nb"',
      '  | $2 = NULL',
      '  | $3 = "\\u202e"',
      '',
    ].join('\n'));
  });

  it('breaks long lines itself on a terminal, with a mark', async () => {
    const { id } = api.desk.put(requestDouble({ text: `SELECT 1${' '.repeat(64)}Digest`, context: { purpose: `${' '.repeat(20)}Digest abc` } }));
    const { out } = await run(['requests', 'show', id], { env, columns: 40 });
    expect(out).toContain('  | SELECT 1');
    expect(out.split('\n').filter((line) => line.startsWith('Digest'))).toHaveLength(1);
    expect(out).toMatch(/\n {2}: Digest\n/);
    expect(out).toMatch(/\n {13} +Digest abc\n/);
  });

  it('shows a statement of 1 MiB to its last character', async () => {
    const { id } = api.desk.put(requestDouble({ text: `${'-- x\n'.repeat(209_714)}END` }));
    expect((await run(['requests', 'show', id], { env })).out).toMatch(/\| END\n$/);
  });
});

describe('requests approve and deny', () => {
  it('shows, asks, and approves what was shown', async () => {
    const { id, text } = api.desk.put(requestDouble());
    const ran = await run(['requests', 'approve', id, '--reason', 'agreed'], { env, answers: ['yes'] });
    expect(ran.out).toContain(`  | ${text}\n`);
    expect(ran.out).toMatch(new RegExp(`${id} is approved\\.\n$`));
    expect(ran.asked).toEqual(['Approve this statement? Type yes: ']);
    expect(api.desk.decided).toMatchObject([{ id, decision: 'approve', person: 'sam@example.com', reason: 'agreed' }]);
  });

  it.each(['', 'no', 'yess', 'ye', 'approve'])('leaves it alone on the answer "%s"', async (answer) => {
    const { id } = api.desk.put(requestDouble());
    expect(await run(['requests', 'approve', id], { env, answers: [answer] })).toMatchObject({ failed: true, err: expect.stringContaining('Not approved') });
    expect(api.desk.decided).toEqual([]);
  });

  it('refuses to approve when nobody is there, unless told to', async () => {
    const { id } = api.desk.put(requestDouble());
    expect(await run(['requests', 'approve', id], { env })).toMatchObject({ failed: true, err: expect.stringContaining('--yes') });
    expect(api.desk.decided).toEqual([]);
    const { out, failed } = await run(['requests', 'approve', id, '--yes', '--json'], { env });
    expect([failed, JSON.parse(out)]).toMatchObject([false, { id, state: 'approved' }]);
  });

  it('does not approve what was swapped while the person read', async () => {
    const request = api.desk.put(requestDouble({ text: 'SELECT 1' }));
    const ran = await run(['requests', 'approve', request.id], { env, answers: ['yes'], whenAsked: () => { api.desk.put({ ...request, text: 'DROP TABLE orders' }); } });
    expect(ran).toMatchObject({ failed: true, err: expect.stringContaining('what you looked at is not what you would decide about') });
    expect(api.desk.decided).toEqual([]);
  });

  it('denies with a reason, and says why a decision is refused', async () => {
    const { id } = api.desk.put(requestDouble());
    expect(await run(['requests', 'approve', id, '--yes'], { env: { ...env, COUNTERSIGN_TOKEN: TOKENS.dana } })).toMatchObject({ failed: true, err: expect.stringContaining('nobody decides about their own agent') });
    expect(await run(['requests', 'deny', id, '--reason', 'no'], { env })).toMatchObject({ failed: false, out: `${id} is denied.\n` });
    expect(await run(['requests', 'approve', id, '--yes'], { env })).toMatchObject({ failed: true, err: expect.stringContaining('denied already') });
    expect(await run(['requests', 'show', '../agents'], { env })).toMatchObject({ failed: true, err: expect.stringContaining('no such request') });
  });
});

describe('requests watch', () => {
  it('prints what is pending, then what comes, and what becomes of it', async () => {
    const old = api.desk.put(requestDouble());
    const world = start(['requests', 'watch'], { env });
    await expect.poll(() => world.out).toContain(`To decide: countersign requests approve ${old.id}`);
    const fresh = api.desk.put(requestDouble({ text: 'TRUNCATE orders' }));
    await expect.poll(() => world.out).toContain('  | TRUNCATE orders');
    api.desk.change(fresh.id, { state: 'denied' });
    await expect.poll(() => world.out).toContain(`${fresh.id} is denied.\n`);
    world.interrupt.abort();
    expect((await world.done).failed).toBe(false);
    expect(world.out.match(new RegExp(`approve ${old.id}`, 'g'))).toHaveLength(1);
  });

  it('says when others may decide, too, once', async () => {
    const at = Date.UTC(2026, 0, 1, 0, 5);
    const request = api.desk.put(requestDouble({ escalation: { approvers: ['managers', 'oncall'], at } }));
    const world = start(['requests', 'watch'], { env });
    await expect.poll(() => world.out).toContain('from 2026-01-01T00:05:00.000Z on also of managers, oncall');
    for (const changes of [{ escalatedAt: at }, {}, { state: 'denied' } as const]) api.desk.change(request.id, changes);
    await expect.poll(() => world.out).toContain(`${request.id} is denied.\n`);
    expect(world.out).toMatch(new RegExp(`${request.id} is pending\\. Still undecided, so those in managers or oncall may decide now, too\\.\\n${request.id} is denied`));
    world.interrupt.abort();
    await world.done;
    expect((await run(['requests', 'show', request.id], { env })).out).toContain('since 2026-01-01T00:05:00.000Z also of managers, oncall');
  });

  it('comes back after an outage and prints what came meanwhile, once', async () => {
    const old = api.desk.put(requestDouble());
    const world = start(['requests', 'watch', '--json'], { env });
    await expect.poll(() => world.out).toContain(old.id);
    await server.close(50);
    await expect.poll(() => world.err, { timeout: 5000 }).toContain('Trying again');
    const missed = api.desk.put(requestDouble());
    server = await serveApi(api, server.address);
    await expect.poll(() => world.out, { timeout: 10_000 }).toContain(missed.id);
    world.interrupt.abort();
    await world.done;
    expect(world.out.trimEnd().split('\n').map((line) => (JSON.parse(line) as { id: string }).id)).toEqual([old.id, missed.id]);
  });

  it('in a terminal shows a list, live, whose keys decide', async () => {
    const keyboard = new PassThrough({ encoding: 'utf8' });
    const one = api.desk.put(requestDouble());
    const world = start(['requests', 'watch'], { env, typed: keyboard, columns: 120, rows: 30 });
    await expect.poll(() => world.out).toContain(`> ${one.id}`);
    const two = api.desk.put(requestDouble({ text: 'TRUNCATE orders' }));
    await expect.poll(() => world.out).toContain('2 waiting');
    keyboard.write('a');
    await expect.poll(() => world.out).toContain('| DELETE FROM orders');
    keyboard.write('ay');
    await expect.poll(() => world.out).toContain(`${one.id} is approved.`);
    keyboard.write('q');
    keyboard.write('jdno\r');
    await expect.poll(() => api.desk.decided).toEqual([
      expect.objectContaining({ id: one.id, decision: 'approve', person: 'sam@example.com' }), expect.objectContaining({ id: two.id, decision: 'deny', reason: 'no' }),
    ]);
    // What others decide is told, and a key too late decides nothing.
    const three = api.desk.put(requestDouble({ agent: { name: 'own', owner: 'sam@example.com', groups: [] } }));
    await expect.poll(() => world.out).toContain(`  ${three.id}`);
    keyboard.write('jdno\r');
    await expect.poll(() => world.out).toContain('nobody decides about their own agent');
    expect(api.desk.requests.get(three.id)?.state).toBe('pending');
    keyboard.write('q');
    expect((await world.done).failed).toBe(false);
    expect(world.out.endsWith('\u001b[?25h\u001b[?1049l')).toBe(true);
  });

  it('in a terminal ends at once when the token is no good, with the screen as it was', async () => {
    const world = await run(['requests', 'watch'], { env: { ...env, COUNTERSIGN_TOKEN: 'cst_wrong' }, typed: new PassThrough({ encoding: 'utf8' }), columns: 80, rows: 24 });
    expect(world).toMatchObject({ failed: true, err: expect.stringContaining('valid API token'), out: expect.stringMatching(/\[\?1049l$/) });
  });

  it('ends at once when the token is no good', async () => {
    expect(await run(['requests', 'watch'], { env: { ...env, COUNTERSIGN_TOKEN: 'cst_wrong' } })).toMatchObject({ failed: true, err: expect.stringContaining('valid API token') });
  });
});
