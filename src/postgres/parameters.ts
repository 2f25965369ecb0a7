/** Startup parameters an agent may set, and those nobody may. */

import { Refused } from '../protocol/refusal.ts';

/** Not settings: read by the proxy itself. */
const OWN = new Set(['user', 'database', 'replication', 'options', 'client_encoding']);

/** Settings that only change how results look or how long things may take; names in lower case, as the server folds them. */
const HARMLESS = new Set([
  'application_name', 'datestyle', 'timezone', 'intervalstyle', 'extra_float_digits', 'bytea_output', 'lc_messages', 'lc_monetary', 'lc_numeric', 'lc_time',
  'search_path', 'statement_timeout', 'lock_timeout', 'idle_in_transaction_session_timeout', 'idle_session_timeout', 'transaction_timeout',
  'default_transaction_isolation', 'default_transaction_read_only', 'default_transaction_deferrable', 'default_text_search_config',
  'client_min_messages', 'geqo', 'jit', 'work_mem', 'tcp_keepalives_idle', 'tcp_keepalives_interval', 'tcp_keepalives_count', 'tcp_user_timeout', 'plan_cache_mode',
]);

/** The server ignores case and everything but letters and digits in encoding names (pg_char_to_encoding). */
const UTF8_NAMES = new Set(['utf8', 'unicode']);

export interface StartupSettings {
  /** To be sent to the database as they are. */
  readonly settings: ReadonlyMap<string, string>;
  /** `countersign.…` and application_name: what the agent says of itself. */
  readonly attributes: Readonly<Record<string, string>>;
}

/** Throws Refused for what may not be set, saying what to do. */
export function startupSettings(parameters: ReadonlyMap<string, string>): StartupSettings {
  checkReplication(parameters.get('replication'));
  checkEncoding(parameters.get('client_encoding'));
  const settings = new Map<string, string>();
  const attributes: Record<string, string> = {};
  const all = [...[...parameters].filter(([name]) => !OWN.has(name) && !name.startsWith('_pq_.')), ...parseOptions(parameters.get('options') ?? '')];
  for (const [name, value] of all) {
    const folded = name.toLowerCase();
    if (folded === 'client_encoding') checkEncoding(value);
    else if (folded === 'standard_conforming_strings') checkOn(value);
    else if (!HARMLESS.has(folded) && !folded.startsWith('countersign.')) throw refuse(`startup parameter ${JSON.stringify(name)} may not be set here`, 'Remove it from the connection string, or use SET in the session.');
    else settings.set(folded, value);
    if (folded === 'application_name' || folded.startsWith('countersign.')) attributes[folded] = value;
  }
  return { settings, attributes };
}

function checkReplication(value: string | undefined): void {
  if (value === undefined || ['false', 'off', 'no', '0', ''].includes(value.toLowerCase())) return;
  throw refuse('replication connections are refused: what they read can\'t be judged', 'Connect without the replication parameter.');
}

function checkEncoding(value: string | undefined): void {
  if (value === undefined || UTF8_NAMES.has(value.toLowerCase().replaceAll(/[^a-z0-9]/g, ''))) return;
  throw refuse(`client_encoding ${JSON.stringify(value)} is refused: statements are judged as UTF-8`, 'Connect with client_encoding UTF8.');
}

function checkOn(value: string): void {
  if (['on', 'true', 'yes', '1'].includes(value.toLowerCase())) return;
  throw refuse('standard_conforming_strings must stay on: statements are judged by it', 'Remove it from the connection options.');
}

/**
 * The `options` parameter as the server splits it: words by unescaped white space, a backslash takes the next character
 * literally (server: pg_split_opts), then `-c name=value`, `-cname=value` or `--name=value`, `-` in names meaning `_`.
 */
export function parseOptions(options: string): [string, string][] {
  const words = splitWords(options);
  const settings: [string, string][] = [];
  for (let index = 0; index < words.length; index++) {
    let word = words[index] as string;
    if (word === '-c') word = `-c${words[++index] ?? ''}`;
    const match = /^(?:-c|--)([^=]+)=(.*)$/s.exec(word);
    if (!match) throw refuse(`startup option ${JSON.stringify(word)} is refused`, 'Only settings (-c name=value) may be given in options.');
    settings.push([(match[1] as string).replaceAll('-', '_'), match[2] as string]);
  }
  return settings;
}

function splitWords(options: string): string[] {
  const words: string[] = [];
  for (const [word] of options.matchAll(/(?:\\[^]|[^\\\s])+|\\$/g)) words.push(word.replaceAll(/\\([^])/g, '$1'));
  return words;
}

function refuse(message: string, hint: string): Refused {
  return new Refused({ code: 'forbidden', message, hint });
}
