import type { Freezer } from '../api/sessions.ts';
import type { Journal } from '../journal/events.ts';

export interface FreezerOptions {
  readonly journal: Journal;
  /** Ends the agent's sessions. */
  readonly expel: (agent: string, by: string, reason: string | undefined) => void;
}

/** Frozen agents of this process. Being frozen ends with the process: take an agent out of the configuration to keep it out. */
export function createFreezer({ journal, expel }: FreezerOptions): Freezer {
  const frozen = new Set<string>();
  return {
    freeze(agent, by, reason) {
      frozen.add(agent);
      journal.append({ kind: 'agent.frozen', agent, by, ...(reason === undefined ? {} : { reason }) });
      expel(agent, by, reason);
      return Promise.resolve();
    },
    thaw(agent, by) {
      if (frozen.delete(agent)) journal.append({ kind: 'agent.thawed', agent, by });
      return Promise.resolve();
    },
    isFrozen: (agent) => frozen.has(agent),
  };
}
