import { on } from 'node:events';
import { createInterface } from 'node:readline/promises';
import { Writable } from 'node:stream';
import { buffer } from 'node:stream/consumers';
import type { Terminal } from './terminal.ts';

/** The real one. */
export function processTerminal(): Terminal {
  const { stdin, stdout, stderr } = process;
  if (!stdout.listeners('error').includes(readerLeft)) stdout.on('error', readerLeft);
  let interrupted: AbortController | undefined;
  return {
    env: process.env,
    interactive: stdin.isTTY && stdout.isTTY,
    typed: stdin.isTTY,
    get columns() { return stdout.isTTY ? stdout.columns : undefined; },
    get rows() { return stdout.isTTY ? stdout.rows : undefined; },
    get interrupted() {
      // Listening is what keeps Ctrl-C from ending the process, so only for commands that ask.
      if (interrupted === undefined) {
        const controller = new AbortController();
        process.once('SIGINT', () => controller.abort());
        interrupted = controller;
      }
      return interrupted.signal;
    },
    now: () => Date.now(),
    out: (text) => { stdout.write(text); },
    say: (text) => { stderr.write(text); },
    ask: (question) => askLine(question, stdout),
    askSecret,
    typing,
    input: () => buffer(stdin),
    fail: () => { process.exitCode = 1; },
  };
}

/** `… | head -1` stops reading when it has enough, which is no failure of ours. */
function readerLeft(error: NodeJS.ErrnoException): void {
  if (error.code !== 'EPIPE') throw error;
  process.exit();
}

async function* typing(signal: AbortSignal): AsyncGenerator<string> {
  const { stdin } = process;
  stdin.setRawMode(true);
  stdin.setEncoding('utf8');
  try {
    for await (const [chunk] of on(stdin, 'data', { signal })) yield String(chunk);
  } catch (error) {
    if (!signal.aborted) throw error;
  } finally {
    stdin.setRawMode(false);
    stdin.pause();
  }
}

async function askLine(question: string, output: NodeJS.WritableStream): Promise<string> {
  const lines = createInterface({ input: process.stdin, output, terminal: true });
  try {
    return await lines.question(question);
  } finally {
    lines.close();
  }
}

/** The line editor echoes to its output, so it gets one that swallows everything. */
async function askSecret(question: string): Promise<string> {
  process.stderr.write(question);
  try {
    return await askLine('', new Writable({ write: (_chunk, _encoding, done) => done() }));
  } finally {
    process.stderr.write('\n');
  }
}
