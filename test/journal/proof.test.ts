/** One record, taken out of a journal for somebody who may see nothing else of it. */
import { spawnSync } from 'node:child_process';
import { generateKeyPairSync } from 'node:crypto';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { checkProof } from '../../src/journal/proof/check.ts';
import type { Proven } from '../../src/journal/proof/check.ts';
import type { Proof } from '../../src/journal/proof/format.ts';
import { numberOf, prove } from '../../src/journal/proof/prove.ts';
import { Failure } from '../../src/runtime/failure.ts';
import { pythonThatHas } from '../support/python.ts';
import { journalOfEverything } from './every-kind.ts';
import { decided, desk, opened } from './sample-requests.ts';
import { keys, open, publicKeyFile, records, scratch, sessionStart, statement, written } from './setup.ts';

const trusted = { publicKeys: [keys.publicKey], decisionKeys: [desk.publicKey] };
const large = `SELECT 'OWN ${'x'.repeat(9000)}'`;
const session = (name: string, agent: string) => sessionStart({ session: name, agent, owner: `OTHER-${agent}` });

/** Statements of s_own among such of others, all of whose texts and values have CANARY in them; numbers by name. */
async function busyJournal(dir: string): Promise<{ dir: string; numbers: Record<'plain' | 'repeated' | 'large' | 'held', number> }> {
  const journal = await open(dir, { segmentBytes: 30_000, checkpointRecords: 50 });
  const numbers = { plain: 0, repeated: 0, large: 0, held: 0 };
  const others = (): void => {
    for (let i = 0; i < 7; i++) journal.ended(['s_other', journal.append(statement(`SELECT 'CANARY ${i}'`, { session: 's_other', parameters: ['CANARY value'] })), 1, 77, 1, 'CANARY TAG']);
    journal.append(statement(`SELECT 'CANARY ${'y'.repeat(5000)}'`, { session: 's_other', request: 'req_other' }));
  };
  const turn = async (own: () => void = () => {}): Promise<void> => {
    others();
    own();
    others();
    await written(journal);
  };
  journal.append({ ...session('s_own', 'reporter'), owner: 'dana@example.com' });
  journal.append(session('s_other', 'CANARY'));
  await turn(() => { numbers.plain = journal.append(statement('SELECT \'OWN plain\'', { session: 's_own' })); });
  await turn(() => journal.ended(['s_own', numbers.plain, 3, 240, 412, 'SELECT 3']));
  for (let i = 0; i < 3; i++) await turn(() => { numbers.repeated = journal.append(statement('SELECT \'OWN repeated\', $1', { session: 's_own', parameters: [`OWN ${i}`] })); });
  await turn(() => { numbers.large = journal.append(statement(large, { session: 's_own' })); });
  const request = opened({ session: 's_own', text: large, parameters: ['OWN', '\\x00ff', null], bound: { settings: [['search_path', 'ä']], statements: [{ values: [[0, 'text'], [1, 'hex'], [0, 'null']], types: [25, 17] }] }, forms: ['SELECT \'OWN form\'', large], quorum: 2 });
  const people = [await decided(request), await decided(request, { person: 'kim@example.com' })];
  const other = opened({ session: 's_other', request: 'req_other', text: 'CANARY' });
  await turn(() => void journal.append(request));
  for (const event of [other, await decided(other, { reason: 'CANARY' }), ...people]) journal.append(event);
  await turn();
  await turn(() => { numbers.held = journal.append(statement(large, { session: 's_own', parameters: ['OWN', '\\x00ff', null], request: 'req_1' })); });
  await turn(() => journal.ended(['s_own', numbers.held, 0, 0, 5, 'DROP']));
  await journal.close();
  return { dir, numbers };
}

const proven = async (proof: Proof): Promise<Proven> => {
  const result = await checkProof(proof, trusted);
  if (typeof result === 'string') throw new Error(result);
  return result;
};

let busy: Awaited<ReturnType<typeof busyJournal>>;
let proofs: Map<keyof typeof busy.numbers, Proof>;
beforeAll(async () => {
  busy = await busyJournal(mkdtempSync(join(tmpdir(), 'journal-proof-')));
  proofs = new Map();
  for (const [name, number] of Object.entries(busy.numbers)) proofs.set(name as keyof typeof busy.numbers, await prove(busy.dir, number));
});

afterAll(() => rmSync(busy.dir, { recursive: true, force: true }));

const kinds = async (name: keyof typeof busy.numbers): Promise<string> => (await proven(proofs.get(name) as Proof)).records.map(({ event }) => event.kind).join(' ');

describe('a proof', () => {
  test('has the statement, whose session it was, what people said, and what came of it', async () => {
    expect(await kinds('plain')).toBe('session.start statement outcome');
    expect(await kinds('repeated')).toBe('session.start statement');
    expect(await kinds('held')).toBe('session.start request.opened request.decided request.decided statement outcome');
    for (const [name, number] of Object.entries(busy.numbers)) {
      const { records: shown } = await proven(proofs.get(name as 'held') as Proof);
      const [original] = (await records(busy.dir)).filter(({ sequence, event }) => sequence === number && event.kind === 'statement');
      expect(shown.find(({ sequence }) => sequence === number)).toEqual(original);
    }
    expect(await proven(proofs.get('held') as Proof)).toMatchObject({ decisions: { verified: 2 }, releases: { verified: 1, unchecked: 0 } });
  });

  test('has no text, value, person or tag of anybody else\'s', () => {
    for (const [name, proof] of proofs) {
      const text = JSON.stringify(proof);
      expect(text, name).toContain('OWN');
      for (const other of ['CANARY', 's_other', 'req_other']) expect(text, name).not.toContain(other);
    }
  });

  test('has other salts for equal records, and none twice', () => {
    const salts = [...proofs.values()].flatMap((proof) => proof.records.map(({ salt, leaf }) => [salt, leaf] as const));
    expect(new Set(salts.map(([salt]) => salt)).size).toBe(new Set(salts.map(([, leaf]) => leaf)).size);
  });

  test('is made of requests and decisions as well', async () => {
    const all = await records(busy.dir);
    for (const kind of ['request.opened', 'request.decided', 'session.start'] as const) {
      const { sequence } = all.find(({ event }) => event.kind === kind && !JSON.stringify(event).includes('CANARY')) ?? { sequence: 0 };
      const result = await proven(await prove(busy.dir, sequence));
      expect(result.records.some(({ event, sequence: number }) => event.kind === kind && number === sequence)).toBe(true);
      if (kind !== 'session.start') expect(result.records.map(({ event }) => event.kind)).toEqual(['session.start', 'request.opened', 'request.decided', 'request.decided', 'statement', 'outcome']);
    }
  });

  test('is made of every kind of record that has a leaf', async () => {
    const dir = await journalOfEverything();
    for (const { sequence, event: { kind } } of await records(dir)) {
      if (kind === 'checkpoint') continue;
      const made = await prove(dir, sequence).catch((error: unknown) => error);
      if (made instanceof Failure) expect([kind, made.code]).toEqual(['outcome', 'not_provable']);
      else expect((await checkProof(made, { publicKeys: [keys.publicKey] }) as Proven).records.map((record) => record.event.kind)).toContain(kind);
    }
  });

  test('isn\'t made of what isn\'t there, isn\'t signed, or is others\' as well', async () => {
    await expect(prove(busy.dir, 99_999)).rejects.toMatchObject({ code: 'no_record' });
    const all = await records(busy.dir);
    await expect(prove(busy.dir, all.find(({ event }) => event.kind === 'checkpoint')?.sequence ?? 0)).rejects.toMatchObject({ code: 'not_provable' });
    await expect(prove(busy.dir, all.find(({ event }) => event.kind === 'outcome')?.sequence ?? 0)).rejects.toMatchObject({ code: 'not_provable' });
    const dir = scratch();
    const journal = await open(dir);
    journal.append(statement('SELECT 1'));
    await written(journal);
    await expect(prove(dir, 2)).rejects.toMatchObject({ code: 'not_signed' });
    await journal.close();
    expect((await proven(await prove(dir, 2))).subject).toBe(2);
  });
});

/** The proof with one value changed, for each of its values; where it was. */
function* changed(value: unknown, at = ''): Generator<readonly [string, unknown]> {
  if (typeof value === 'number') yield [at, value + 1_000_000];
  else if (typeof value === 'string') {
    const middle = Math.floor(value.length / 2);
    for (const place of new Set([0, middle, value.length - 1])) yield [`${at} at ${place}`, value.slice(0, place) + (value[place] === 'a' ? 'b' : 'a') + value.slice(place + 1)];
  } else for (const [name, member] of Object.entries(value as object)) {
    for (const [where, other] of changed(member, `${at}.${name}`)) yield [where, Array.isArray(value) ? value.with(Number(name), other) : { ...(value as object), [name]: other }];
  }
}

describe('a proof is refused', () => {
  test('with any value changed', async () => {
    for (const [name, proof] of proofs) {
      let count = 0;
      for (const [where, other] of changed(proof)) {
        expect(typeof await checkProof(other, trusted), `${name}${where}`).toBe('string');
        count += 1;
      }
      expect(count).toBeGreaterThan(50);
    }
  });

  test('with what a record refers to left out, or its checkpoint; or more in it than there is', async () => {
    const proof = proofs.get('repeated') as Proof;
    const without = (kind: string): Proof => ({ ...proof, records: proof.records.filter(({ leaf }) => !leaf.startsWith(`{"event":{${kind}`)) });
    expect(await checkProof(without('"arrival"'), trusted)).toContain('refers to');
    expect(await checkProof({ ...proof, checkpoints: [] }, trusted)).toContain('isn\'t in it');
    expect(await checkProof({ ...proof, records: proof.records.filter(({ leaf }) => numberOf(leaf) !== proof.subject) }, trusted)).toContain('which it is about');
    expect(await checkProof({ ...proof, more: 1 }, trusted)).toContain('no proof');
    expect(await checkProof({ ...proof, records: [{ ...proof.records[0], leaf: '{"event":{"kind":"form","n":1e999},"sequence":1,"time":""}' }] }, trusted)).toContain('no record');
    for (const nothing of [undefined, null, 7, [], {}]) expect(await checkProof(nothing, trusted)).toContain('no proof');
  });

  test('by another key', async () => {
    const { publicKey } = generateKeyPairSync('ed25519');
    expect(await checkProof(proofs.get('held'), { ...trusted, publicKeys: [publicKey] })).toContain('another key');
    expect(await checkProof(proofs.get('held'), { ...trusted, decisionKeys: [publicKey] })).toContain('signature of the decision');
    expect(await checkProof(proofs.get('held'), { publicKeys: [keys.publicKey] })).toMatchObject({ decisions: { verified: 0, unchecked: 2 }, releases: { verified: 0, unchecked: 1 } });
  });
});

const python3 = pythonThatHas('cryptography');

test.skipIf(python3 === undefined)('code that shares nothing with ours agrees', () => {
  const dir = scratch();
  const [key, decisions] = [publicKeyFile(), publicKeyFile(desk.publicKey)];
  const python = (proof: unknown) => {
    writeFileSync(join(dir, 'proof.json'), JSON.stringify(proof));
    return spawnSync(python3 ?? '', [join(import.meta.dirname, 'check_proof.py'), join(dir, 'proof.json'), key, decisions], { encoding: 'utf8' });
  };
  for (const [name, proof] of proofs) expect(python(proof), name).toMatchObject({ status: 0, stdout: `good ${proof.records.length}\n` });
  const proof = proofs.get('held') as Proof;
  for (const bad of [
    { ...proof, subject: 9999 }, { ...proof, records: proof.records.map((record) => ({ ...record, leaf: record.leaf.replace('OWN', 'own') })) },
    { ...proof, checkpoints: proof.checkpoints.map((one) => ({ ...one, leaves: one.leaves + 1 })) },
  ]) expect(python(bad).status).not.toBe(0);
}, 60_000);
