import { open } from 'node:fs/promises';
import { Failure } from '../runtime/failure.ts';
import { visibleLine } from '../runtime/visible.ts';
import type { Terminal } from './terminal.ts';

/** Where a command's result goes. */
export interface Sink {
  write(text: string): Promise<void>;
}

const BUFFERED = 1 << 16;

/** To a new file, or without one to standard output. Throws Failure `file_unwritable`. */
export async function intoFile(file: string | undefined, terminal: Terminal, fill: (sink: Sink) => Promise<void>): Promise<void> {
  if (file === undefined) return fill({ write: (text) => Promise.resolve(terminal.out(text)) });
  // Never in the place of another: what it says may be evidence. For nobody else's eyes: it has statements in it.
  const handle = await open(file, 'wx', 0o600).catch((cause: unknown) => {
    throw new Failure('file_unwritable', `${visibleLine(file)} can't be made${cause instanceof Error && 'code' in cause && cause.code === 'EEXIST' ? ', since it is there already' : ''}.`, { hint: 'Name another with --out.', cause });
  });
  let pending = '';
  try {
    await fill({
      async write(text) {
        pending += text;
        if (pending.length < BUFFERED) return;
        await handle.write(pending);
        pending = '';
      },
    });
    await handle.write(pending);
  } finally {
    await handle.close();
  }
}
