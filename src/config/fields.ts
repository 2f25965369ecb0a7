/** The small kinds of values that configuration and policy files are made of, each with its sentence when it is wrong. */

import { z } from 'zod';
import type { Address, SecretSource } from './config.ts';
import { parseDuration, parseSize } from './units.ts';

/** Names of databases, agents, groups and rules: they end up in paths, metrics and chat. */
export const NAME = /^[A-Za-z0-9][A-Za-z0-9_.-]{0,62}$/;
export const name = z.string().regex(NAME, 'a name starts with a letter or digit and has at most 63 letters, digits, "_", "." and "-"');

/** Milliseconds. */
export const duration = z.string().transform((text, context) => {
  const ms = parseDuration(text);
  if (ms === undefined) context.addIssue({ code: 'custom', message: `"${text}" isn't a duration; write it as 500ms, 30s, 15m or 1h30m` });
  return ms ?? 0;
});

/** Milliseconds, at least one. */
export const wait = duration.refine((ms) => ms > 0, 'the duration must be longer than nothing');

/** Bytes, at least one. */
export const size = z.string().transform((text, context) => {
  const bytes = parseSize(text);
  if (bytes === undefined || bytes === 0) context.addIssue({ code: 'custom', message: `"${text}" isn't a size; write it as 64KiB, 1MiB or 2GB` });
  return bytes ?? 0;
});

/** `host:port`, `[::1]:6432`; port 0 takes any free one. */
export const address = z.string().transform((text, context): Address => {
  const found = /^(?:\[([0-9A-Fa-f:.]+)\]|([^[\]:\s/@]+)):(\d{1,5})$/.exec(text);
  const port = Number(found?.[3]);
  const host = found?.[1] ?? found?.[2];
  if (host === undefined) context.addIssue({ code: 'custom', message: `"${text}" isn't an address; write it as host:port, such as 127.0.0.1:6432 or "[::1]:6432"` });
  else if (port > 65_535) context.addIssue({ code: 'custom', message: `port ${port} doesn't exist; ports go up to 65535` });
  return { host: host ?? '', port };
});

export const EMAIL = /^[^\s@<>]{1,64}@[^\s@<>]{1,255}$/;
/** Lower case: the identity of a person on every channel. */
export const email = z
  .string()
  .regex(EMAIL, 'an e-mail address is needed here, such as dana@example.com')
  .transform((text) => text.toLowerCase());

export const text = z.string().min(1, 'this must not be empty');

/** `{env: NAME}`, `{file: path}` or `{command: [program, argument, …]}`. Nothing is ever interpolated into other values. */
export const secret = z
  .strictObject({
    env: z.string().regex(/^[A-Za-z_][A-Za-z0-9_]*$/, 'the name of an environment variable is needed here').optional(),
    file: z.string().min(1, 'a file name is needed here').optional(),
    command: z.array(z.string()).min(1, 'a program and its arguments are needed here').optional(),
  })
  .transform((given, context): SecretSource => {
    if (Object.keys(given).length !== 1) context.addIssue({ code: 'custom', message: 'a secret comes from exactly one of { env: NAME }, { file: PATH } or { command: [PROGRAM, …] }' });
    return given as SecretSource;
  });
