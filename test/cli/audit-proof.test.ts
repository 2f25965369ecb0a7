import { readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { decided, desk, opened } from '../journal/sample-requests.ts';
import { open, publicKeyFile, scratch, statement } from '../journal/setup.ts';
import { run } from './offline.ts';

async function released(text: string): Promise<{ dir: string; key: string; decisionKey: string; out: string }> {
  const dir = scratch();
  const journal = await open(join(dir, 'journal'));
  const request = opened({ text });
  for (const event of [request, await decided(request, { reason: 'fine\u202e' }), statement(text, { parameters: [], request: 'req_1' })]) journal.append(event);
  await journal.close();
  return { dir: join(dir, 'journal'), key: publicKeyFile(), decisionKey: publicKeyFile(desk.publicKey), out: join(dir, 'proof.json') };
}

test('audit prove writes what audit check-proof tells in words', async () => {
  const { dir, key, decisionKey, out } = await released('DROP TABLE orders -- \u001b[2J');
  expect(await run('audit', 'prove', '3', '--dir', dir, '--out', out)).toMatchObject({ failed: false, out: '', err: expect.stringContaining('3 records') });
  expect(statSync(out).mode & 0o777).toBe(0o600);
  const checked = await run('audit', 'check-proof', out, '--key', key, '--decision-key', decisionKey);
  expect(checked).toMatchObject({ failed: false, out: expect.stringMatching(/^good: record 3 is in the journal\n/) });
  expect(checked.out).toContain('  | DROP TABLE orders -- ⟦U+001B⟧[2J');
  expect(checked.out).toContain('req_1: approve by sam@example.com (cli): fine⟦U+202E⟧');
  expect(checked.out).toContain('- what is above was in the journal, word for word (3 records), when it was signed: checkpoint 4 at 2026-01-01T00:00:00.000Z by key ');
  expect(checked.out).toContain('- signed at a desk of the given key, as shown and about just this request: 1 decision\n');
  expect(checked.out).toContain('- ran because enough different people, or one who broke the glass, had released it: 1 statement\n');
  const without = await run('audit', 'check-proof', out, '--key', key);
  expect(without.out).toContain('- who decided, since --decision-key was not given: 1 decision\n');
  expect(without.out).not.toContain('signed at a desk');
  expect(JSON.parse((await run('audit', 'check-proof', out, '--key', key, '--json')).out)).toMatchObject({ ok: true, subject: 3, decisions: { unchecked: 1 } });
});

test('a proof that was changed is bad, and so is the exit code', async () => {
  const { dir, key, out } = await released('DROP TABLE orders');
  const printed = await run('audit', 'prove', '3', '--dir', dir);
  writeFileSync(out, printed.out.replaceAll('orders', 'Orders'));
  expect(await run('audit', 'check-proof', out, '--key', key)).toMatchObject({ failed: true, out: 'BAD: record 1 isn\'t the one that checkpoint 4 has signed\n' });
  expect(JSON.parse((await run('audit', 'check-proof', out, '--key', key, '--json')).out)).toMatchObject({ ok: false });
});

test('what is wrong with the question is said with what to do', async () => {
  const { dir, key, out } = await released('DROP TABLE orders');
  expect(await run('audit', 'prove', 'x', '--dir', dir)).toMatchObject({ failed: true, err: expect.stringContaining('no number') });
  expect(await run('audit', 'prove', '77', '--dir', dir)).toMatchObject({ failed: true, err: expect.stringContaining('no record 77') });
  expect(await run('audit', 'prove', '4', '--dir', dir)).toMatchObject({ failed: true, err: expect.stringContaining('checkpoint') });
  writeFileSync(out, 'evidence');
  expect(await run('audit', 'prove', '3', '--dir', dir, '--out', out)).toMatchObject({ failed: true, err: expect.stringContaining('there already') });
  expect(readFileSync(out, 'utf8')).toBe('evidence');
  expect(await run('audit', 'check-proof', out, '--key', key)).toMatchObject({ failed: true, err: expect.stringContaining('JSON') });
});
