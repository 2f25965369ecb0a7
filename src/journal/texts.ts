import type { ParsedRecord } from './scan.ts';
import { canonical } from './canonical.ts';
import { textHash } from './record.ts';

/** The large texts of one segment, so far. */
export class Texts {
  readonly #texts = new Map<string, string>();

  /** False when the record says another hash than its text has. */
  add(record: ParsedRecord): boolean {
    const { sha256, text } = record.event as { sha256?: unknown; text?: unknown };
    if (typeof text !== 'string' || typeof sha256 !== 'string' || textHash(canonical(text)) !== sha256) return false;
    this.#texts.set(sha256, text);
    return true;
  }

  /** The record with its text in place; undefined when it refers to one that isn't there. */
  resolve(record: ParsedRecord): ParsedRecord | undefined {
    const { text } = record.event as { text?: unknown };
    if (typeof text !== 'object' || text === null || !('sha256' in text)) return record;
    const found = typeof text.sha256 === 'string' ? this.#texts.get(text.sha256) : undefined;
    return found === undefined ? undefined : { ...record, event: { ...record.event, text: found } as ParsedRecord['event'] };
  }
}
