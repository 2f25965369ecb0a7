import { describe, expect, it } from 'vitest';
import { decodeErr, encodeErr } from '../../src/mysql/packets/err.ts';
import { HEADER_BYTES } from '../../src/mysql/packets/frame.ts';
import { withSchemaHint } from '../../src/mysql/schema-hint.ts';

const err = (errno: number, message: string): Buffer => encodeErr(0, { errno, sqlstate: '42000', message }).subarray(HEADER_BYTES);
const names = { name: 'shop', schema: 'sh`op_prod' };

describe('the name that only the proxy knows', () => {
  it.each([[1049, 'Unknown database \'shop\''], [1044, 'Access denied for user \'app\'@\'%\' to database \'shop\'']])('is explained in error %i', (errno, message) => {
    const hinted = withSchemaHint(err(errno, message), names);
    expect(hinted && decodeErr(hinted)).toEqual({ errno, sqlstate: '42000', message: `${message}. The database you connect to as 'shop' is schema 'sh\`op_prod' at the server: say USE \`sh\`\`op_prod\`` });
  });

  it('changes no other error', () => {
    expect(withSchemaHint(err(1049, 'Unknown database \'shopping\''), names)).toBeUndefined();
    expect(withSchemaHint(err(1064, 'near \'shop\''), names)).toBeUndefined();
    expect(withSchemaHint(err(1049, 'Unknown database \'shop\''), { name: 'shop', schema: 'shop' })).toBeUndefined();
  });
});
