import { fork } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';

import type { TestPostgres } from '../support/postgres.ts';
import type { WireLogin } from '../support/wire.ts';
import type { ScriptedCount } from './scripted.ts';

export interface Scripted {
  /** As `upstream` of a database; whoever logs in is let in. */
  readonly url: string;
  count(): Promise<ScriptedCount>;
  stop(): Promise<void>;
}

/** @param real has the catalog, in its database `shop`; its role `app` has the password `upstream` */
export async function startScripted(real: TestPostgres): Promise<Scripted> {
  const login: WireLogin = { host: real.host, port: real.port, user: 'app', password: 'upstream', database: 'shop' };
  const child = fork(join(import.meta.dirname, 'scripted.ts'), [JSON.stringify(login)]);
  const ended = once(child, 'exit');
  const [{ port }] = (await once(child, 'message')) as [{ port: number }];
  return {
    url: `postgres://app@127.0.0.1:${port}/shop`,
    async count() {
      child.send('count');
      const [answer] = (await once(child, 'message')) as [ScriptedCount];
      return answer;
    },
    async stop() {
      child.disconnect();
      await ended;
    },
  };
}
