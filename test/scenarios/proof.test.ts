/** What people have released is in the journal so that anybody can prove it. */

import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { journalPlace } from '../../src/cli/journal-dir.ts';
import { checkProof } from '../../src/journal/proof/check.ts';
import { prove } from '../../src/journal/proof/prove.ts';
import { readJournal } from '../../src/journal/read.ts';
import { verifyJournal } from '../../src/journal/verify.ts';
import { loadPublicKey } from '../../src/runtime/keys.ts';
import { frames } from '../support/wire.ts';
import { startWorld, type World } from './world.ts';

const dir = mkdtempSync(join(tmpdir(), 'countersign-proof-'));
let world: World;
beforeAll(async () => {
  world = await startWorld({ schema: 'create table t (id int, note text)', dir });
});
afterAll(() => rmSync(dir, { recursive: true, force: true }));

it('whatever was held and released: one statement, several with parameters of every form, a deferred one', async () => {
  const client = await world.agent();
  client.send(frames.query('create table held (id int)'));
  await world.proxy.decide((await world.proxy.pending(/held/)).id, 'approve', { reason: 'fine' });
  await client.until('ReadyForQuery');

  const update = 'update t set note = $1';
  client.send(
    frames.parse({ text: update, types: [25] }), frames.bind({ values: ['x'.repeat(70_000)] }), frames.execute({}),
    frames.parse({ text: update, types: [] }), frames.bind({ values: ['\\x41'] }), frames.execute({}), frames.sync(),
  );
  await world.proxy.decide((await world.proxy.pending(/statement 2 of 2/)).id, 'approve');
  await client.until('ReadyForQuery');

  await client.query(`set countersign.hold = 'defer'`);
  expect(await client.query('truncate t')).toContainEqual(expect.stringContaining('ErrorResponse'));
  await world.proxy.decide((await world.proxy.pending('truncate t')).id, 'approve');
  expect(await client.query('truncate t')).toContain('B CommandComplete "TRUNCATE TABLE"');
  await world.stop();

  const { dir: journal, key, decisionKeys = [] } = await journalPlace({ config: join(dir, 'countersign.yaml') });
  const keys = { publicKeys: [loadPublicKey(key ?? '')], decisionKeys: decisionKeys.map(loadPublicKey) };
  const report = await verifyJournal({ dir: journal, publicKey: keys.publicKeys, decisionKeys: keys.decisionKeys });
  expect(report).toMatchObject({ ok: true, decisions: { verified: 3, unchecked: 0 }, releases: { verified: 4, unchecked: 0 } });

  for await (const { sequence, event } of readJournal(journal, { kinds: ['statement'] })) {
    const proven = await checkProof(await prove(journal, sequence), keys);
    const by = event.kind === 'statement' && event.fate === 'run' && event.request !== undefined;
    expect(proven, `record ${sequence}`).toMatchObject({ subject: sequence, releases: { unchecked: 0 }, decisions: { verified: by ? 1 : expect.any(Number) } });
  }
});
