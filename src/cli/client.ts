/** Talks to a running Countersign's HTTP API. Every way in which that can go wrong becomes a sentence that says what to do. */

import type { Command } from 'commander';
import { readFile } from 'node:fs/promises';
import type { z } from 'zod';
import { Problem } from '../api/schemas.ts';
import { isSecure } from '../net/secure-address.ts';
import { Failure } from '../runtime/failure.ts';
import { visibleLine } from '../runtime/visible.ts';
import { StoredSignIns } from './stored-sign-ins.ts';
import type { Terminal } from './terminal.ts';

export class ClientFailure extends Failure {}

export interface RemoteOptions {
  readonly url?: string;
  readonly tokenFile?: string;
  readonly insecure?: boolean;
}

const DEFAULT_URL = 'http://127.0.0.1:8080';
const CALL_MS = 30_000;

/** Adds the options that say where the API is and who calls. The token itself is never an argument: others could see it in the process list. */
export function remoteOptions(command: Command): Command {
  return addressOption(command).option('--token-file <file>', 'file that holds the API token (otherwise COUNTERSIGN_TOKEN, or who has signed in by `countersign login`)');
}

/** Adds those that say where the API is. */
export function addressOption(command: Command): Command {
  return command
    .option('--url <url>', `address of the API (COUNTERSIGN_URL; default ${DEFAULT_URL})`)
    .option('--insecure', 'allow plain HTTP to another machine, which shows the token to the network');
}

/** @throws ClientFailure when the address is unusable */
export function apiAddress(options: RemoteOptions, { env }: Pick<Terminal, 'env'>): URL {
  return addressOf(options.url ?? env['COUNTERSIGN_URL'] ?? DEFAULT_URL, options.insecure === true);
}

/** @throws ClientFailure when the address or the token is missing or unusable. */
export async function connect(options: RemoteOptions, terminal: Pick<Terminal, 'env' | 'now'>): Promise<ApiClient> {
  const url = apiAddress(options, terminal);
  return new ApiClient(url, (await givenToken(options.tokenFile, terminal.env)) ?? (await signedIn(url, terminal)));
}

export class ApiClient {
  readonly #base: URL;
  readonly #token: string | undefined;

  /** @param token for all but the calls that anybody may make */
  constructor(base: URL, token?: string) {
    this.#base = base;
    this.#token = token;
  }

  /** @param path below the base; its variable parts already encoded. */
  async call<S extends z.ZodType>(method: string, path: string, answer: S, body?: unknown): Promise<z.infer<S>> {
    const response = await this.#fetch(method, path, body, AbortSignal.timeout(CALL_MS));
    const parsed = answer.safeParse(await jsonOf(response));
    if (!parsed.success) throw new ClientFailure('bad_answer', `The answer of ${this.#base.origin} to ${method} ${path} isn't what this version expects.`, { hint: 'Are this command and the server of the same version?', cause: parsed.error });
    return parsed.data;
  }

  /** An open event stream's body. Ends with the signal. */
  async stream(path: string, signal: AbortSignal): Promise<ReadableStream<Uint8Array>> {
    const response = await this.#fetch('GET', path, undefined, signal);
    if (response.body === null) throw new ClientFailure('bad_answer', `${path} has no content.`);
    return response.body;
  }

  async #fetch(method: string, path: string, body: unknown, signal: AbortSignal): Promise<Response> {
    const response = await this.#send(new URL(path.slice(1), this.#base), {
      method, signal,
      // A redirect would carry the token to wherever it points.
      redirect: 'error',
      headers: { ...(this.#token === undefined ? {} : { authorization: `Bearer ${this.#token}` }), ...(body === undefined ? {} : { 'content-type': 'application/json' }) },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    });
    if (!response.ok) throw await refusalOf(response, this.#base.origin);
    return response;
  }

  async #send(url: URL, init: RequestInit): Promise<Response> {
    try {
      return await fetch(url, init);
    } catch (cause) {
      throw new ClientFailure('unreachable', `No answer from ${url.origin}: ${reasonOf(cause)}.`, {
        hint: 'Is countersign running there? Give another address with --url or COUNTERSIGN_URL.', cause,
      });
    }
  }
}

function addressOf(text: string, insecure: boolean): URL {
  const url = URL.parse(text);
  if (url === null || !/^https?:$/.test(url.protocol)) throw new ClientFailure('bad_url', `"${visibleLine(text)}" is not an http or https address.`, { hint: `For example: --url ${DEFAULT_URL}` });
  if (url.username !== '' || url.password !== '') throw new ClientFailure('bad_url', 'The address contains a user or password.', { hint: 'Give the token with --token-file or COUNTERSIGN_TOKEN.' });
  if (!isSecure(url) && !insecure) {
    throw new ClientFailure('plain_http', `${url.origin} is plain HTTP to another machine: the token would be readable on the way.`, { hint: 'Use https, a tunnel to loopback, or --insecure if the network between is yours.' });
  }
  if (!url.pathname.endsWith('/')) url.pathname += '/';
  return url;
}

async function givenToken(file: string | undefined, env: Terminal['env']): Promise<string | undefined> {
  const token = file === undefined ? env['COUNTERSIGN_TOKEN'] : await readToken(file);
  if (file === undefined && (token === undefined || token === '')) return undefined;
  if (token === undefined || !/^cst_[\x21-\x7e]{1,256}$/.test(token)) throw new ClientFailure('bad_token', 'The API token does not look like one: it must begin with "cst_" and hold no spaces.', { hint: 'Check COUNTERSIGN_TOKEN or the file given with --token-file.' });
  return token;
}

async function signedIn(api: URL, terminal: Pick<Terminal, 'env' | 'now'>): Promise<string> {
  const stored = await new StoredSignIns(terminal).get(api.href);
  if (stored === undefined) throw new ClientFailure('no_token', 'No API token is given.', { hint: 'Run `countersign login`, set COUNTERSIGN_TOKEN or give --token-file FILE.' });
  if (Date.parse(stored.until) <= terminal.now()) throw new ClientFailure('no_token', `Your sign-in as ${visibleLine(stored.email)} is over.`, { hint: 'Run `countersign login` again.' });
  return stored.token;
}

async function readToken(file: string): Promise<string> {
  try {
    return (await readFile(file, 'utf8')).trim();
  } catch (cause) {
    throw new ClientFailure('no_token', `The token file ${file} can't be read: ${reasonOf(cause)}.`, { hint: 'Check the path given with --token-file.', cause });
  }
}

async function jsonOf(response: Response): Promise<unknown> {
  try {
    return await response.json();
  } catch {
    return undefined;
  }
}

async function refusalOf(response: Response, origin: string): Promise<ClientFailure> {
  const problem = Problem.safeParse(await jsonOf(response));
  if (!problem.success) return new ClientFailure('bad_answer', `${origin} answered ${response.status} without saying why.`, { hint: 'Is this the address of the Countersign API?' });
  const { code, detail, hint } = problem.data;
  return new ClientFailure(code, visibleLine(detail), hint === undefined ? {} : { hint: visibleLine(hint) });
}

function reasonOf(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  const { cause } = error;
  if (error.name === 'TimeoutError') return `none within ${CALL_MS / 1000} s`;
  if (cause instanceof AggregateError) return cause.errors.map(reasonOf).join(', ');
  return visibleLine(cause instanceof Error ? cause.message : error.message);
}
