/** Reads server-sent events (WHATWG HTML, section 9.2.6) as far as the API sends them: `event` and `data`. */

export interface ServerEvent {
  readonly event: string;
  readonly data: string;
}

/** The longest event taken: a statement may have 1 MiB, and JSON can make six of each. */
const MAX_UNITS = 16 * 1024 * 1024;

/** Yields `undefined` for comments, so that the caller knows the stream is alive. Ends with the stream; throws when it breaks off. */
export async function* serverEvents(body: ReadableStream<Uint8Array>): AsyncGenerator<ServerEvent | undefined, void, undefined> {
  const decoder = new TextDecoder();
  let rest = '';
  for await (const chunk of body) {
    rest += decoder.decode(chunk, { stream: true });
    const blocks = rest.split('\n\n');
    rest = blocks.pop() ?? '';
    if (rest.length > MAX_UNITS) throw new RangeError('an event longer than this command takes');
    for (const block of blocks) yield parseEvent(block);
  }
}

function parseEvent(block: string): ServerEvent | undefined {
  const values = (name: string) => block.split('\n').filter((line) => line.startsWith(`${name}:`)).map((line) => line.slice(name.length + 1).replace(/^ /, ''));
  const data = values('data');
  return data.length === 0 ? undefined : { event: values('event').at(-1) ?? 'message', data: data.join('\n') };
}
