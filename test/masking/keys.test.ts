import { expect, it } from 'vitest';
import { withoutKeys } from '../../src/masking/keys.ts';
import { Sights } from '../../src/masking/sights.ts';
import type { CatalogData } from '../../src/sql/catalog.ts';

const CATALOG: CatalogData = {
  serverVersion: 180000, functions: [], builtins: [], operators: [], types: [], extensions: [],
  relations: [{ schema: 'public', name: 'customers', oid: 20_000, kind: 'r', columns: [{ name: 'email', number: 1, type: 'text' }], children: [], system: false }],
};

it.each(['postgres', 'mysql'] as const)('keys of %s\'s hash masks don\'t stand in what people see', (protocol) => {
  const hashKey = Buffer.from('0123456789abcdef0123456789abcdef');
  const sensitive = [{ columns: ['customers.email'], mask: 'hash', filtered: 'mask', derived: 'mask', copied: 'hold', unmask: [], hideNulls: false }] as const;
  const sight = new Sights({ protocol, hashKey }).sight(CATALOG, 1, { version: '1', sensitive }, { groups: [] });
  const column = sight?.data.relations.find(({ name }) => name === 'customers')?.columns[0];
  const form = `SELECT ${column?.sql.join('email') ?? ''}`;
  // HMAC's key, XOR'd with its inner and outer pad (RFC 2104).
  const pads = [0x36, 0x5c].map((pad) => Buffer.concat([hashKey, Buffer.alloc(32)]).map((byte) => byte ^ pad)).map((padded) => Buffer.from(padded).toString('hex'));
  for (const pad of pads) expect(form.toLowerCase()).toContain(pad);
  const shown = sight === undefined ? '' : withoutKeys(form, sight);
  for (const pad of pads) expect(shown.toLowerCase()).not.toContain(pad);
  expect(shown).toContain('<key>');
});
