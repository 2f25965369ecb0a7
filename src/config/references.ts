/** What one part of countersign.yaml says of another: names that must exist, names that must be there once. */

import { existsSync } from 'node:fs';
import { checkAgentIssuers, checkAgentJwt, checkAudiences, checkIdentity } from './identity-references.ts';
import { checkKeep } from './keep.ts';
import { checkDatabaseNames, once } from './lists.ts';
import { suggestion } from './nearest.ts';
import type { Problem } from './problems.ts';
import type { ConfigFile } from './schema.ts';
import { parseUpstream } from './upstream.ts';
import { verifierKind, verifierProblem } from './verifier.ts';
import type { Path, YamlSource } from './yaml.ts';

/** @param resolve makes a path of the file absolute. */
export function checkReferences(config: ConfigFile, source: YamlSource, resolve: (path: string) => string): Problem[] {
  const problems: Problem[] = [];
  const report = (path: Path, message: string): void => void problems.push(source.at(path, message));
  checkListen(config, report);
  checkDatabases(config, report);
  checkAgents(config, report);
  checkAgentIssuers(config, report);
  checkIdentity(config, report);
  checkAudiences(config, report);
  checkPeople(config, report);
  checkStore(config, report);
  checkKeep(config, report);
  checkSlack(config, report);
  if (config.teams !== undefined && config.listen.http === undefined) report(['teams'], 'Teams calls back over HTTP, so listen.http is needed');
  once(config.webhooks.map((webhook) => webhook.name), (index, name) => report(['webhooks', index, 'name'], `there is another webhook named "${name}"`));
  checkFiles(config, report, resolve);
  return problems;
}

type Report = (path: Path, message: string) => void;

function checkListen({ listen, databases }: ConfigFile, report: Report): void {
  const taken = new Map<string, string>();
  for (const [what, address] of Object.entries(listen)) {
    if (address === undefined || address.port === 0) continue;
    const key = `${address.host}:${address.port}`;
    const before = taken.get(key);
    if (before !== undefined) report(['listen', what], `${key} is already taken by listen.${before}`);
    taken.set(key, what);
  }
  const protocols = new Set(Object.values(databases).map((database) => database.protocol));
  for (const protocol of protocols) {
    if (listen[protocol] === undefined) report(['listen'], `listen.${protocol} is missing, so the ${protocol} databases can't be reached`);
  }
}

function checkDatabases({ databases }: ConfigFile, report: Report): void {
  if (Object.keys(databases).length === 0) report(['databases'], 'at least one database is needed');
  for (const [name, database] of Object.entries(databases)) {
    const upstream = parseUpstream(database.upstream, database.protocol);
    if (typeof upstream === 'string') report(['databases', name, 'upstream'], upstream);
    if (database.tls?.mode === 'require' && database.tls.ca !== undefined) report(['databases', name, 'tls', 'ca'], 'mode require checks no certificate, so a ca says nothing; use verify-full');
  }
}

function checkAgents({ agents, databases, tls }: ConfigFile, report: Report): void {
  once(agents.map((agent) => agent.name), (index, name) => report(['agents', index, 'name'], `there is another agent named "${name}"`));
  for (const [index, agent] of agents.entries()) {
    checkAgentJwt(agent, tls, (path, message) => report(['agents', index, ...path], message));
    checkVerifiers(agent, databases, (message) => report(['agents', index, 'verifier'], message));
    checkDatabaseNames(agent.databases, databases, (at, message) => report(['agents', index, 'databases', at], message));
  }
}

function checkVerifiers({ verifier = [], databases: names }: ConfigFile['agents'][number], databases: ConfigFile['databases'], report: (message: string) => void): void {
  if (verifier.length === 0) return;
  const wrong = verifier.map(verifierProblem).filter((problem) => problem !== undefined);
  if (wrong.length > 0) return wrong.forEach(report);
  const kinds = verifier.map(verifierKind);
  if (new Set(kinds).size < kinds.length) report('there are two verifiers of one kind; an agent has one password');
  const postgres = names.find((name) => databases[name]?.protocol === 'postgres');
  if (postgres !== undefined && !kinds.includes('scram')) {
    report(`"${postgres}" is a postgres database, which needs a verifier SCRAM-SHA-256$…: \`countersign agents verifier --protocol postgres\` prints one`);
  }
}

function checkPeople({ people, tokens }: ConfigFile, report: Report): void {
  once(people.map((person) => person.email), (index, name) => report(['people', index, 'email'], `there is another person with the e-mail ${name}`));
  once(people.map((person) => person.slack), (index, name) => report(['people', index, 'slack'], `another person has the Slack user ${name}`));
  once(people.map((person) => person.teams), (index, id) => report(['people', index, 'teams'], `another person has the object id ${id}`));
  once(tokens.map((token) => token.name), (index, name) => report(['tokens', index, 'name'], `there is another token named "${name}"`));
  once(tokens.map((token) => token.hash), (index) => report(['tokens', index, 'hash'], 'another token has the same hash'));
  const known = people.map((person) => person.email);
  for (const [index, token] of tokens.entries()) {
    if (!known.includes(token.person)) report(['tokens', index, 'person'], `there is no person ${token.person}${suggestion(token.person, known)}`);
  }
}

function checkStore({ approvals }: ConfigFile, report: Report): void {
  const { store } = approvals;
  if (store === 'memory') {
    if (approvals.store_password !== undefined) report(['approvals', 'store_password'], 'the memory store has no password');
    return;
  }
  const url = URL.canParse(store) ? new URL(store) : undefined;
  if (url === undefined || !['redis:', 'rediss:'].includes(url.protocol) || url.hostname === '') {
    report(['approvals', 'store'], 'the store is "memory" or a URL such as redis://127.0.0.1:6379');
  } else if (url.password !== '') {
    report(['approvals', 'store'], 'the store\'s URL holds a password; name where it comes from instead: store_password: { env: NAME }');
  }
}

function checkSlack({ slack, listen }: ConfigFile, report: Report): void {
  if (slack === undefined) return;
  if (slack.app_token === undefined && slack.signing_secret === undefined) report(['slack'], 'slack needs app_token (Socket Mode) or signing_secret (HTTP)');
  if (slack.app_token === undefined && listen.http === undefined) report(['slack'], 'without app_token Slack calls back over HTTP, so listen.http is needed');
}

/** Keys that are made at first start may be missing; what must be there is told now, not at the first connection. */
function checkFiles(config: ConfigFile, report: Report, resolve: (path: string) => string): void {
  const needed: [Path, string | undefined][] = [
    [['tls', 'cert'], config.tls?.cert],
    [['tls', 'key'], config.tls?.key],
    ...Object.entries(config.databases).map(([name, database]): [Path, string | undefined] => [['databases', name, 'tls', 'ca'], database.tls?.ca]),
    ...(['desks', 'proxies'] as const).flatMap((whose) => config.approvals.trust[whose].map((file, index): [Path, string] => [['approvals', 'trust', whose, index], file])),
    ...config.policies.map((file, index): [Path, string] => [['policies', index], file]),
  ];
  for (const [path, file] of needed) {
    if (file !== undefined && !existsSync(resolve(file))) report(path, `there is no file ${resolve(file)}`);
  }
  once(config.policies.map(resolve), (index, file) => report(['policies', index], `${file} is listed twice`));
}
