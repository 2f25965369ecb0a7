/** `countersign requests list|show|approve|deny|watch` */

import type { Command } from 'commander';
import { ApprovalRequestView, RequestPage } from '../api/schemas.ts';
import { visibleJson } from '../runtime/visible.ts';
import { ClientFailure, connect, remoteOptions } from './client.ts';
import type { ApiClient, RemoteOptions } from './client.ts';
import { afterDecision, sendDecision } from './decide.ts';
import { processTerminal } from './process-terminal.ts';
import { requestLine, requestText } from './request-text.ts';
import { watchOnScreen } from './watch-screen.ts';
import { Printer, watchRequests } from './requests-watch.ts';
import { reporting } from './terminal.ts';
import type { Terminal } from './terminal.ts';

interface ListOptions extends RemoteOptions {
  readonly state?: string;
  readonly limit?: string;
  readonly before?: string;
  readonly json?: boolean;
}
interface DecideOptions extends RemoteOptions {
  readonly reason?: string;
  readonly yes?: boolean;
  readonly breakGlass?: boolean;
  readonly json?: boolean;
}

export function requestsCommand(program: Command, terminal: Terminal = processTerminal()): void {
  const requests = program.command('requests').description('statements that wait for people');
  const add = (spec: string, description: string): Command => remoteOptions(requests.command(spec).description(description)).option('--json', 'print JSON');
  add('list', 'list requests, newest first')
    .option('--state <state>', 'only those in this state, such as pending')
    .option('--limit <n>', 'how many at most')
    .option('--before <id>', 'the page after the one that ended with this request')
    .action((options: ListOptions) => reporting(terminal, () => list(options, terminal)));
  add('show <id>', 'show one request, whole')
    .action((id: string, options: DecideOptions) => reporting(terminal, () => show(id, options, terminal)));
  add('approve <id>', 'show one request, then approve what was shown')
    .option('--reason <text>', 'why; goes into the journal')
    .option('--yes', 'approve without asking')
    .option('--break-glass', 'approve alone in an emergency, if the rule lets your group; needs --reason, and everybody is told')
    .action((id: string, options: DecideOptions) => reporting(terminal, () => approve(id, options, terminal)));
  add('deny <id>', 'deny one request')
    .option('--reason <text>', 'why; the agent is told')
    .action((id: string, options: DecideOptions) => reporting(terminal, () => deny(id, options, terminal)));
  add('watch', 'see requests as they come; in a terminal, decide about them by keys')
    .action((options: ListOptions) => reporting(terminal, () => watch(options, terminal)));
}

async function list(options: ListOptions, terminal: Terminal): Promise<void> {
  const query = new URLSearchParams();
  for (const name of ['state', 'limit', 'before'] as const) if (options[name] !== undefined) query.set(name, options[name]);
  const page = await (await connect(options, terminal)).call('GET', `/api/v1/requests?${query.toString()}`, RequestPage);
  if (options.json === true) return terminal.out(`${visibleJson(page, 2)}\n`);
  for (const request of page.requests) terminal.out(`${requestLine(request, terminal.now())}\n`);
  if (page.requests.length === 0) terminal.say('No requests.\n');
  if (page.next !== undefined) terminal.say(`There may be more: --before ${page.next}\n`);
}

async function show(id: string, options: DecideOptions, terminal: Terminal): Promise<void> {
  const request = await get(await connect(options, terminal), id);
  terminal.out(options.json === true ? `${visibleJson(request, 2)}\n` : requestText(request, terminal.now(), terminal.columns));
}

async function approve(id: string, options: DecideOptions, terminal: Terminal): Promise<void> {
  if (options.yes !== true && !terminal.interactive) {
    throw new ClientFailure('not_interactive', 'Nobody is there to confirm the approval.', { hint: 'Run it in a terminal, or give --yes once you have looked at the request.' });
  }
  const client = await connect(options, terminal);
  const request = await get(client, id);
  const shown = requestText(request, terminal.now(), terminal.columns);
  if (options.json === true) terminal.say(shown);
  else terminal.out(shown);
  if (options.yes !== true && !/^y(es)?$/i.test((await terminal.ask('Approve this statement? Type yes: ')).trim())) {
    throw new ClientFailure('not_confirmed', 'Not approved; the request is as it was.');
  }
  await decide(client, request, 'approve', options, terminal);
}

async function deny(id: string, options: DecideOptions, terminal: Terminal): Promise<void> {
  const client = await connect(options, terminal);
  await decide(client, await get(client, id), 'deny', options, terminal);
}

async function decide(client: ApiClient, request: ApprovalRequestView, decision: 'approve' | 'deny', { reason, breakGlass, json }: DecideOptions, terminal: Terminal): Promise<void> {
  const after = await sendDecision(client, request, { decision, ...(reason === undefined ? {} : { reason }), ...(breakGlass === true && { breakGlass }) });
  terminal.out(json === true ? `${visibleJson(after, 2)}\n` : `${afterDecision(after)}\n`);
}

async function watch(options: ListOptions, terminal: Terminal): Promise<void> {
  const client = await connect(options, terminal);
  if (terminal.interactive && options.json !== true) return watchOnScreen(client, terminal);
  await watchRequests(client, terminal, new Printer(terminal, options.json === true));
}

async function get(client: ApiClient, id: string): Promise<ApprovalRequestView> {
  return client.call('GET', `/api/v1/requests/${encodeURIComponent(id)}`, ApprovalRequestView);
}
