/** What a statement would do, as people say it. */

import type { Effect, EffectUse } from './facts.ts';

const VERBS: { readonly [E in Effect]: string } = {
  read: 'reads', insert: 'adds rows to', update: 'changes rows of', delete: 'deletes rows of', import: 'loads data into', export: 'sends data out of',
  create: 'creates', alter: 'alters', drop: 'drops', truncate: 'empties', privilege: 'changes privileges on', transaction: 'begins or ends a transaction',
  session: 'changes settings of its session', maintenance: 'maintains', lock: 'locks', notify: 'notifies', routine: 'calls code of the database',
  dynamic: 'runs text that can\'t be seen beforehand', server_io: 'reaches files, programs or the network from the server',
  replication: 'controls replication', admin: 'administers the server', unknown: 'does something unknown',
};

/** `deletes rows of public.orders (because …)`. Objects and reasons come from the agent's text: the caller makes them visible. */
export function effectWords({ effect, objects, because }: EffectUse): string {
  return [VERBS[effect], objects.join(', '), because === undefined ? '' : `(${because})`].filter((part) => part !== '').join(' ');
}
