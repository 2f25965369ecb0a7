/** What the MySQL drivers' programs written in TypeScript share. */

import { readFileSync } from 'node:fs';

const env = process.env;

/** Where to connect, from the environment. */
export const target = {
  host: '127.0.0.1',
  port: Number(env['DB_PORT']),
  user: env['DB_USER'] ?? '',
  password: env['DB_PASSWORD'] ?? '',
  database: env['DB_NAME'] ?? '',
  ca: env['DB_CA'] === undefined ? undefined : readFileSync(env['DB_CA'], 'utf8'),
};

const LOCK = `'slow ${process.pid}'`;

/** Longer than any reader waits: it ends by being killed. It takes a lock first, by which others see that it runs: not everybody may see what others run. */
export const SLOW = `select sum(l.got * a.id * b.id * c.id) as v from (select get_lock(${LOCK}, 0) as got) l, numbers a, numbers b, numbers c`;

/** 1 when it does. */
export const SLOW_RUNS = `select is_used_lock(${LOCK}) is not null as v`;

/** Ids 1 to 100,000, each with some text. */
export const ROWS = `select (a.id - 1) * 50 + b.id as id, repeat(b.id, 5) as label from numbers a join numbers b on b.id <= 50`;

export const TEN_THOUSAND = 'select (a.id - 1) * 5 + b.id as id from numbers a join numbers b on b.id <= 5';

/** Columns of `typed` as the server shows them. */
export const SHOWN = `select nothing, cast(tiny as char) tiny, cast(whole as char) whole, cast(big as char) big, cast(ubig as char) ubig, cast(exact_ as char) exact_, cast(approx as char) approx,
  txt, blank, hex(bytes) bytes, cast(at as char) at, cast(day as char) day, cast(clock as char) clock, cast(doc as char) doc, cast(bits + 0 as char) bits from typed where id = `;

export const TYPED = 'insert into typed values (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)';

export const DENIAL_START = 'not today: ask in the morning – ü';

/** Resolves when a statement with this marker waits for approval. */
export async function waits(marker: string): Promise<void> {
  for (;;) {
    const response = await fetch(env['DB_REQUESTS'] ?? '', { headers: { authorization: `Bearer ${env['DB_TOKEN'] ?? ''}` } });
    if ((await response.text()).includes(`/* ${marker} */`)) return;
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
}

/** The `code` of the JSON at the end of a refusal's message. */
export function detailOf(message: string): string | undefined {
  return /\{"code":"(\w+)".*\}$/.exec(message)?.[1];
}
