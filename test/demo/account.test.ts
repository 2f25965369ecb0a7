import { chmodSync, mkdirSync, mkdtempSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { afterAll, expect, test } from 'vitest';

import { reachable } from '../../src/demo/account.ts';

const root = mkdtempSync(join(tmpdir(), 'cs-account-'));
chmodSync(root, 0o755);
mkdirSync(join(root, 'home/deep'), { recursive: true });
afterAll(() => rmSync(root, { recursive: true }));

const us = statSync(root);
const somebody = { uid: us.uid + 4321, gid: us.gid + 4321 };

test.for([
  [0o755, somebody, true],
  [0o711, somebody, true],
  [0o700, somebody, false],
  [0o750, somebody, false],
  [0o750, { ...somebody, gid: us.gid }, true],
  [0o700, { ...somebody, uid: us.uid }, true],
  [0o700, undefined, true],
] as const)('behind a folder of mode %o, for %o: %s', ([mode, account, expected]) => {
  chmodSync(join(root, 'home'), mode);
  expect(reachable(join(root, 'home/deep'), account)).toBe(expected);
});
