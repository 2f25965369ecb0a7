import { generateKeyPairSync } from 'node:crypto';
import { chmodSync, existsSync, mkdtempSync, readdirSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { generateSigningKey, loadOrCreateSigningKey, loadPublicKey, loadSigningKey } from '../../src/runtime/keys.ts';

function keyFile(): string {
  const dir = mkdtempSync(join(tmpdir(), 'keys-'));
  onTestFinished(() => rmSync(dir, { recursive: true, force: true }));
  return join(dir, 'deep', 'key.pem');
}

test('made at first, loaded then; private for its owner only, the public half beside it', () => {
  const file = keyFile();
  const made = loadOrCreateSigningKey(file);
  expect(made.created).toBe(true);
  expect(statSync(file).mode & 0o777).toBe(0o600);
  const again = loadOrCreateSigningKey(file);
  expect(again.created).toBe(false);
  expect(again.privateKey.equals(made.privateKey)).toBe(true);
  expect(loadPublicKey(`${file}.pub`).equals(made.publicKey)).toBe(true);
  expect(readdirSync(join(file, '..')).toSorted()).toEqual(['key.pem', 'key.pem.pub']);
});

test('never replaced', () => {
  const file = keyFile();
  const { privateKey } = generateSigningKey(file);
  expect(() => generateSigningKey(file)).toThrow(expect.objectContaining({ code: 'key_exists' }));
  expect(loadSigningKey(file).privateKey.equals(privateKey)).toBe(true);
  expect(readdirSync(join(file, '..')).length).toBe(2);
});

test('a key that can\'t serve is refused, not replaced', () => {
  const file = keyFile();
  generateSigningKey(file);
  chmodSync(file, 0o666);
  expect(() => loadOrCreateSigningKey(file)).toThrow(expect.objectContaining({ code: 'key_exposed', hint: expect.stringContaining('chmod') }));
  chmodSync(file, 0o600);
  writeFileSync(file, 'nonsense');
  expect(() => loadOrCreateSigningKey(file)).toThrow(expect.objectContaining({ code: 'key_unreadable' }));
  writeFileSync(file, generateKeyPairSync('rsa', { modulusLength: 2048 }).privateKey.export({ type: 'pkcs8', format: 'pem' }));
  expect(() => loadOrCreateSigningKey(file)).toThrow(expect.objectContaining({ code: 'key_wrong_type' }));
  expect(existsSync(`${file}.pub`)).toBe(true);
});
