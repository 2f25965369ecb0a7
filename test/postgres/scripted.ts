/** A conversation between a client and a server that both say exactly what a test has them say. */

import { PostgresConversation } from '../../src/postgres/conversation.ts';
import type { ConversationListener } from '../../src/protocol/conversation.ts';
import type { Outcome, RowMeter, Statement, Step } from '../../src/protocol/statement.ts';

export interface Told {
  readonly ended: Outcome[];
  readonly settings: string[];
}

/** A conversation in which all that can be is let through. @param meter of all statements */
export function conversation(meter?: RowMeter): { machine: PostgresConversation; told: Told; send(...messages: Uint8Array[]): Step[] } {
  const told: Told = { ended: [], settings: [] };
  const listener: ConversationListener = {
    completed: () => undefined,
    ended: (_: Statement, outcome) => told.ended.push(outcome),
    ready: () => undefined,
    reset: () => undefined,
    setting: (name, value) => told.settings.push(`${name}=${value}`),
  };
  const machine = new PostgresConversation({ messageBytes: 1 << 20, statementBytes: 1 << 20 }, listener);
  return {
    machine, told,
    send(...messages) {
      machine.receive(Buffer.concat(messages));
      const steps: Step[] = [];
      for (let step = machine.next(); step !== undefined && step !== 'unsettled'; step = machine.next()) {
        for (const statement of step.statements) statement.meter = meter;
        machine.forward(step);
        steps.push(step);
      }
      machine.toDatabase.take();
      machine.sent();
      return steps;
    },
  };
}
