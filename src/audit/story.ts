import type { JournalEvent } from '../journal/events.ts';
import type { RequestStory } from './entry.ts';

export type RequestEvent = Extract<JournalEvent, { kind: 'request.opened' | 'request.decided' | 'request.escalated' | 'request.ended' }>;

export const untold = (id: string): RequestStory => ({ id, decisions: [] });

/** The story with one event more. They may come in another order than they happened: who decides may write before who asked has. */
export function told(story: RequestStory, event: RequestEvent, time: string): RequestStory {
  switch (event.kind) {
    case 'request.opened': return { state: 'pending', ...story, mode: event.mode, approvers: event.approvers, quorum: event.quorum };
    case 'request.escalated': return { ...story, escalatedTo: event.approvers };
    case 'request.ended': return { ...story, state: event.state, ...(event.reason !== undefined && { reason: event.reason }) };
    case 'request.decided': default: {
      const { person, decision, channel, reason, breakGlass } = event;
      return { ...story, decisions: [...story.decisions, { person, decision, channel, ...(reason !== undefined && { reason }), ...(breakGlass && { breakGlass }), time }] };
    }
  }
}

export function isRequestEvent(event: { readonly kind: string }): event is RequestEvent {
  return event.kind === 'request.opened' || event.kind === 'request.decided' || event.kind === 'request.escalated' || event.kind === 'request.ended';
}
