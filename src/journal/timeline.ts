import type { Hits } from '../masking/detectors/tally.ts';
import { visibleLine } from '../runtime/visible.ts';
import type { JournalRecord } from './events.ts';

/** What is said of a record. The heading is safe to print; texts are as they were, for whoever shows them to make visible. */
export interface TimelineEntry {
  readonly heading: string;
  /** The statement's text, where there is one. */
  readonly text?: string;
  /** `$1 = "value"`, a line each. Apart from the text, which could pretend to have other ones. */
  readonly parameters: readonly string[];
}

/** Records about records (checkpoints, recoveries) are told too: an auditor asks when the journal was silent. */
export function timelineEntry({ event, sequence }: JournalRecord): TimelineEntry {
  const heading = visibleLine(`${sequence}  ${told(event)}`);
  return { heading, ...('text' in event && event.text !== undefined && { text: event.text }), parameters: parameters(event) };
}

function parameters(event: JournalRecord['event']): string[] {
  const values = 'parameters' in event ? event.parameters ?? [] : [];
  return values.map((value, i) => `$${i + 1} = ${value === null ? 'NULL' : JSON.stringify(value)}`);
}

function told(event: JournalRecord['event']): string {
  switch (event.kind) {
    case 'session.start': return `session ${event.session}: ${event.agent} (owner ${event.owner}) to ${event.database} from ${event.client}${event.tls ? ', TLS' : ''}`;
    case 'session.end': return `session ends: ${event.reason}; ${event.statements} statements, ${event.bytesIn} bytes in, ${event.bytesOut} out`;
    case 'login.refused': return `login of ${event.agent} to ${event.database} from ${event.client} refused: ${event.code}`;
    case 'prepare': return `prepared as ${event.name === '' ? 'the unnamed statement' : event.name}`;
    case 'statement': return `${event.verdict} by ${event.rule}${event.observed === true ? ', only observed' : ''}, ${event.fate}${event.code === undefined ? '' : ` (${event.code})`}${event.request === undefined ? '' : `, ${event.request}`}: ${effectsOf(event)}`;
    case 'form': return 'runs masked from here on';
    case 'refused': return `refused (${event.code}): ${event.reason}`;
    case 'continue': return `statement ${event.statement} is continued`;
    case 'outcomes': return `${event.ended.length} statements ended`;
    case 'outcome': return `statement ${event.statement}: ${event.error === undefined ? event.tag ?? 'done' : `error ${event.error.code}: ${event.error.message}`}, ${event.rows} rows, ${event.bytes} bytes, ${event.ms} ms${hitsOf(event)}`;
    case 'overrun': return `statement ${event.statement}: more than ${event.rows} rows (per ${event.per}), ${event.action} by ${event.rule}, only observed: they pass`;
    case 'cancel': return `${event.by} cancels what is ${event.what}`;
    case 'request.opened': return `held as ${event.request} by ${event.rule} (${event.mode}): ${event.quorum} of ${event.approvers.join(', ')}, until ${isoTime(event.expiresAt)}`;
    case 'request.decided': return `${event.request}: ${event.decision} by ${event.person} (${event.channel})${event.reason === undefined ? '' : `: ${event.reason}`}`;
    case 'request.escalated': return `${event.request} has escalated: ${event.approvers.join(', ')} may decide, too`;
    case 'request.ended': return `${event.request} is ${event.state}${event.reason === undefined ? '' : `: ${event.reason}`}`;
    case 'retired': return `records ${event.first} to ${event.last}, until ${event.until}, are retired by ${event.why}: ${event.segments} segments, ${event.bytes} bytes`;
    case 'process.start': case 'process.stop': case 'policy.loaded': case 'policy.rejected': case 'agent.frozen': case 'agent.thawed': case 'person.signed_in': case 'person.signed_out': case 'person.refused':
    case 'checkpoint': case 'recovered': case 'outage': case 'text': case 'judged': case 'statements': default:
      return `${event.kind} ${JSON.stringify({ ...event, kind: undefined })}`;
  }
}

function effectsOf({ effects }: { readonly effects: readonly { readonly effect: string; readonly objects: readonly string[] }[] }): string {
  return effects.map(({ effect, objects }) => (objects.length === 0 ? effect : `${effect} ${objects.join(', ')}`)).join('; ');
}

function isoTime(ms: number): string {
  return Number.isFinite(ms) && Math.abs(ms) <= 8.64e15 ? new Date(ms).toISOString() : String(ms);
}

function hitsOf({ hits = {} }: { readonly hits?: Hits }): string {
  const found = Object.entries(hits);
  return found.length === 0 ? '' : `; replaced in values: ${found.map(([what, count]) => `${count} × ${what}`).join(', ')}`;
}
