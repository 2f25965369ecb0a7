/** What clients send, as bytes. pg-protocol's serialisers, and what they lack. */

import { serialize } from 'pg-protocol';

export const PROTOCOL_3_0 = 0x0003_0000;
export const PROTOCOL_3_2 = 0x0003_0002;

export const frames = {
  query: serialize.query,
  parse: serialize.parse,
  bind: serialize.bind,
  execute: serialize.execute,
  describe: serialize.describe,
  close: serialize.close,
  copyData: serialize.copyData,
  copyDone: serialize.copyDone,
  copyFail: serialize.copyFail,
  flush: serialize.flush,
  sync: serialize.sync,
  terminate: serialize.end,
  password: serialize.password,

  /** Any message at all: `raw('F', body)`. `length` may lie. */
  raw(tag: string, body: Uint8Array = Buffer.alloc(0), length = body.length + 4): Buffer {
    const head = Buffer.alloc(5);
    head.write(tag, 0, 'latin1');
    head.writeInt32BE(length, 1);
    return Buffer.concat([head, body]);
  },

  startup(parameters: Readonly<Record<string, string>>, version = PROTOCOL_3_0): Buffer {
    const pairs = Object.entries(parameters).map(([name, value]) => `${name}\0${value}\0`);
    return untagged(version, Buffer.from(`${pairs.join('')}\0`));
  },

  /** `secret` has 4 bytes in protocol 3.0, up to 256 in 3.2. */
  cancel(pid: number, secret: Uint8Array): Buffer {
    const id = Buffer.alloc(4);
    id.writeInt32BE(pid);
    return untagged(80_877_102, Buffer.concat([id, secret]));
  },

  sslRequest: (): Buffer => untagged(80_877_103),
  gssRequest: (): Buffer => untagged(80_877_104),
} as const;

function untagged(code: number, body: Uint8Array = Buffer.alloc(0)): Buffer {
  const head = Buffer.alloc(8);
  head.writeInt32BE(body.length + 8, 0);
  head.writeInt32BE(code, 4);
  return Buffer.concat([head, body]);
}
