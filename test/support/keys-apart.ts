import { join } from 'node:path';
import { generateSigningKey } from '../../src/runtime/keys.ts';

/**
 * Signing keys for processes that run apart.
 * @returns the lines under `approvals` for a process: its own key, and the one whose word it takes
 */
export function keysApart(dir: string, ...names: readonly string[]): (own: string, whose: 'desks' | 'proxies', key: string) => string {
  for (const name of names) generateSigningKey(join(dir, name));
  return (own, whose, key) => `signing_key: "${join(dir, own)}", trust: { ${whose}: ["${join(dir, key)}.pub"] }`;
}
