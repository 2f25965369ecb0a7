import { generateKeyPairSync } from 'node:crypto';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import type { JournalEvent } from '../../src/journal/events.ts';
import { decided, desk, opened, signedBy } from '../journal/sample-requests.ts';
import { open, publicKeyFile, scratch, statement, stoppedClock, written } from '../journal/setup.ts';
import { run } from './offline.ts';

const HOUR = 3_600_000;

/** One event an hour, from midnight on. */
async function hourly(...events: JournalEvent[]): Promise<string> {
  const dir = scratch();
  const clock = stoppedClock();
  const journal = await open(dir, { clock, checkpointMs: 1e12 });
  for (const event of events) {
    journal.append(event);
    await written(journal);
    clock.advance(HOUR);
  }
  await journal.close();
  return dir;
}

const report = async (dir: string, ...more: string[]) => run('audit', 'report', '--dir', dir, '--key', publicKeyFile(), '--decision-key', publicKeyFile(desk.publicKey), ...more);

/** The cells of each table's rows, under the heading before it. */
function tables(page: string): Record<string, string[][]> {
  const sections = page.split('<h2>').slice(1).map((section) => {
    const rows = [...section.matchAll(/<tr>(.*?)<\/tr>/gs)].map(([, row]) => [...(row ?? '').matchAll(/<td>(.*?)<\/td>/gs)].map(([, cell]) => (cell ?? '').replaceAll(/<\/?(code|time)( class="[a-z]+")?>/g, '')));
    return [section.slice(0, section.indexOf('</h2>')), rows.filter((row) => row.length > 0)] as const;
  });
  return Object.fromEntries(sections);
}

test('who approved what, with what a period needs from before it', async () => {
  const glass = opened({ request: 'req_2', text: 'TRUNCATE audit', effects: [{ effect: 'truncate', objects: ['public.audit'], because: '' }], breakGlass: ['oncall'], quorum: 2 });
  const dir = await hourly(
    { kind: 'policy.loaded', version: 'old', files: ['a.yaml'] }, { kind: 'policy.loaded', version: 'before', files: ['a.yaml'] }, opened(),
    await decided(opened()), // 03:00, where the period begins
    statement('DROP TABLE orders', { parameters: [], request: 'req_1' }), glass, await decided(glass, { breakGlass: true, reason: 'it burns', person: 'kim@example.com' }),
    { kind: 'policy.loaded', version: 'new', files: ['a.yaml', 'b.yaml'] },
    { kind: 'request.ended', request: 'req_3', state: 'expired', reason: 'nobody decided in time' },
    { kind: 'agent.frozen', agent: 'reporter', by: 'sam@example.com', reason: 'odd', jws: await signedBy('countersign-freeze+jws', { agent: 'reporter', frozen: true, by: 'sam@example.com', reason: 'odd', at: 1 }) },
    { kind: 'person.refused', use: 'cli', claimed: 'mallory@example.com', reason: 'unverified' },
    statement('SELECT 1'), statement('DROP DATABASE shop', { fate: 'refused' }),
    await decided(opened({ request: 'req_late' })), // 13:00, where it ends
  );
  const { out, failed } = await report(dir, '--since', '2026-01-01T03:00:00Z', '--until', '2026-01-01T13:00:00Z');
  expect(failed).toBe(false);
  const found = tables(out);
  expect(found['Decisions']).toEqual([
    ['2026-01-01T03:00:00.000Z', 'req_1', 'reporter', 'shop', 'drop public.orders', 'DROP TABLE orders', 'approved', 'sam@example.com', 'cli', 'fine', '60 min'],
    ['2026-01-01T06:00:00.000Z', 'req_2', 'reporter', 'shop', 'truncate public.audit', 'TRUNCATE audit', 'approved, alone (break-glass)', 'kim@example.com', 'cli', 'it burns', '60 min'],
  ]);
  expect(found['The glass was broken']).toEqual([found['Decisions']?.[1]]);
  expect(found['Policies in force']?.map(([, version]) => version)).toEqual(['before', 'new']);
  expect(found['Held and not released: expired, withdrawn, failed']).toEqual([['2026-01-01T08:00:00.000Z', 'req_3', '', '', '', 'opened at another process', 'expired', 'nobody decided in time']]);
  expect(found['Agents frozen and thawed, sign-ins ended']).toEqual([['2026-01-01T09:00:00.000Z', 'agent frozen', 'reporter', 'sam@example.com', 'odd']]);
  expect(found['Refused: sign-ins of people, logins of agents']).toEqual([['2026-01-01T10:00:00.000Z', 'sign-in of a person (cli)', 'mallory@example.com', 'unverified']]);
  expect(found['The journal&#39;s integrity'] ?? found['The journal\'s integrity']).toEqual([['decisions', '3', '0'], ['freezes', '1', '0'], ['sign-outs', '0', '0'], ['statements that ran by a decision', '1', '0']]);
  expect(out).toContain('<strong>Verified.</strong>');
  expect(out).toContain('1 statements ran by policy, 1 ran after people released them, 1 were refused. 2 decisions. Times');
  expect(out).toContain('Supports SOC 2 CC6.1, CC6.3, CC8.1; ISO/IEC 27001:2022 A.5.3, A.5.15, A.8.2, A.8.3; NIST 800-53 (FedRAMP) AC-3, AC-5, AC-6, AU-3, AU-10, CM-3');
  expect(out).not.toContain('satisfies');
});

test('nothing that agents or people wrote gets out of its cell', async () => {
  const hostile = '</code></td><script>alert(1)</script><img src=x onerror="x">\' " & \u202e\u001b[2J\u0000';
  const request = opened({ text: hostile, agent: hostile, database: hostile, request: 'req_<b>', effects: [{ effect: 'drop', objects: [hostile], because: hostile }] });
  const dir = await hourly(
    { kind: 'policy.loaded', version: hostile, files: [hostile] }, request, await decided(request, { person: hostile, reason: hostile, channel: hostile }),
    { kind: 'request.ended', request: 'req_<b>', state: 'failed', reason: hostile }, { kind: 'person.refused', use: 'cli', claimed: hostile, reason: hostile },
    { kind: 'login.refused', session: '', agent: hostile, database: hostile, client: hostile, code: hostile },
  );
  const out = join(scratch(), 'report.html');
  expect(await report(dir, '--out', out)).toMatchObject({ failed: false, out: '' });
  const page = readFileSync(out, 'utf8');
  expect(page).toContain('&lt;script&gt;alert(1)&lt;/script&gt;');
  expect(page).not.toMatch(/<script|<img|<b>/);
  for (const hidden of ['\u202e', '\u001b', '\0']) expect(page).not.toContain(hidden);
  expect(new Set([...page.matchAll(/<([a-z][a-z0-9]*)/g)].map(([, tag]) => tag))).toEqual(new Set(['html', 'head', 'meta', 'title', 'style', 'body', 'h1', 'h2', 'p', 'strong', 'code', 'table', 'thead', 'tbody', 'tr', 'th', 'td', 'time']));
  expect([...page.matchAll(/<[a-z][^>]*\s([a-z-]+)=/g)].map(([, name]) => name)).not.toContain('onerror');
});

test('of a journal that isn\'t intact it says so', async () => {
  const dir = await hourly(statement('SELECT 1'), statement('SELECT 2'));
  const file = join(dir, '0000000000000001.journal');
  writeFileSync(file, readFileSync(file, 'latin1').replace('SELECT 1', 'SELECT 9'), 'latin1');
  const { out, err, failed } = await report(dir);
  expect(failed).toBe(true);
  expect(err).toContain('isn\'t intact');
  expect(out).toContain('<strong class="bad">NOT INTACT</strong>: record 3 in 0000000000000001.journal');
  const other = await run('audit', 'report', '--dir', dir, '--key', publicKeyFile(generateKeyPairSync('ed25519').publicKey));
  expect(other.failed).toBe(true);
  expect(await run('audit', 'report', '--dir', dir)).toMatchObject({ failed: true, err: expect.stringContaining('--key') });
});
