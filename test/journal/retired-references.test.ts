/** What refers to records that were retired since. */
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test, vi } from 'vitest';
import { checkProof } from '../../src/journal/proof/check.ts';
import { prove } from '../../src/journal/proof/prove.ts';
import { summarize } from '../../src/journal/sessions.ts';
import { readJournal } from '../../src/journal/read.ts';
import { verifyJournal } from '../../src/journal/verify.ts';
import { decided, desk, opened } from './sample-requests.ts';
import { keys, open, outcome, scratch, segments, sessionStart, statement, stoppedClock, written } from './setup.ts';

const trusted = { publicKey: keys.publicKey, decisionKeys: [desk.publicKey] };

test('is no error: a decision, what ran by it and its outcome outlive the request and the session\'s beginning', async () => {
  const dir = scratch();
  const clock = stoppedClock();
  const request = opened();
  const before = await open(dir, { clock, segmentBytes: 500 });
  before.append(sessionStart());
  before.append(request);
  const early = before.append(statement('SELECT 1', { request: 'req_0' }));
  await written(before);
  const [gone = ''] = segments(dir);
  clock.advance(5000);
  before.append(await decided(request));
  const ran = before.append(statement(request.text, { parameters: [], request: request.request }));
  before.append(outcome(early));
  before.append(outcome(ran));
  before.append({ kind: 'request.ended', request: request.request, state: 'finished' });
  before.append({ kind: 'session.end', session: 's_1', reason: 'closed by the agent', statements: 2, bytesIn: 1, bytesOut: 1 });
  await written(before);
  await before.close();
  expect(await verifyJournal({ dir, ...trusted })).toMatchObject({ ok: true, decisions: { verified: 1, unchecked: 0 }, releases: { verified: 1, unchecked: 1 } });

  const journal = await open(dir, { clock, keep: { ageMs: 3000, leastMs: 0 } });
  await vi.waitFor(() => expect(existsSync(join(dir, gone))).toBe(false));
  await journal.close();
  expect(await verifyJournal({ dir, ...trusted })).toMatchObject({ ok: true, decisions: { verified: 1, unchecked: 0 }, releases: { verified: 0, unchecked: 1 } });
  expect(await summarize(readJournal(dir))).toEqual([]);
  expect(await checkProof(await prove(dir, ran), { publicKeys: [keys.publicKey], decisionKeys: [desk.publicKey] })).toMatchObject({ subject: ran, releases: { unchecked: 1 } });
});
