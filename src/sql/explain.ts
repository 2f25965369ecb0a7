/** Facts as people read them: in a terminal, line by line. */

import type { Substitution } from '../masking/substitution.ts';
import { howUsed } from './facts.ts';
import type { EffectUse, Facts, SessionNameUse, SettingUse, StatementFacts, TableUse } from './facts.ts';

/** Several lines, without a newline at the end. `text` is the batch that the facts are of; it is quoted when there are several statements. */
export function explainFacts(facts: Facts, text = ''): string {
  if (facts.doubt !== undefined) return visible([`Not understood: ${facts.doubt}`, '  effects  unknown'].join('\n'));
  if (facts.statements.length === 0) return 'No statement.';
  return visible(facts.statements.map((statement) => explainStatement(statement, facts.statements.length > 1 ? text : '')).join('\n\n'));
}

/** What an agent sees of masked columns, how it uses them, and what runs instead. `text` is what it sends. */
export function explainSubstitution({ text: ran, uses, outputs, obstacle }: Substitution, text: string): string {
  const lines = [
    'masked columns',
    ...table('uses', uses.map(({ relation, column, use, because }) => [`${relation}.${column}`, use, because === undefined ? '' : `(it ${because})`].filter((part) => part !== '').join(' '))),
    ...table('sees', (outputs ?? []).map(({ name, sees, of }) => [name, sees, of.length === 0 ? '' : `of ${of.join(', ')}`].filter((part) => part !== '').join(' '))),
    ...(obstacle === undefined ? [] : [`  can't be masked: ${obstacle}`]),
    ...(ran === undefined || ran === text ? [] : [`  runs     ${ran}`]),
  ];
  return visible(lines.join('\n'));
}

/** Names and texts are the agent's: nothing in them may move the cursor, turn the writing around or hide. */
const visible = (text: string): string => text.replaceAll(/[^\n\P{C}]/gu, (character) => `\\u{${(character.codePointAt(0) ?? 0).toString(16)}}`);

function explainStatement(statement: StatementFacts, text: string): string {
  const lines = [
    text === '' ? statement.kind : `${statement.kind}: ${oneLine(text.slice(statement.start, statement.end))}`,
    ...table('effects', statement.effects.map(effectLine)),
    ...table('tables', statement.tables.map(tableLine)),
    ...table('settings', statement.settings.map(settingLine)),
    ...table('names', statement.names.map(nameLine)),
  ];
  if (statement.unbounded) lines.push('  unbounded: it changes rows without a condition that selects them');
  if (statement.refused !== undefined) lines.push(`  refused whatever the policy: ${statement.refused}`);
  return lines.join('\n');
}

/** A heading before the first line, blanks before the others. */
const table = (heading: string, lines: readonly string[]): string[] => lines.map((line, index) => `  ${(index === 0 ? heading : '').padEnd(9)}${line}`);

function effectLine({ effect, objects, because }: EffectUse): string {
  return [effect.padEnd(12), objects.join(', '), because === undefined ? '' : `(${because})`].filter((part) => part !== '').join(' ').trimEnd();
}

function tableLine({ name, read, written, columns, known }: TableUse): string {
  const how = howUsed({ read, written });
  const what = columns.includes('*') ? 'all columns' : columns.join(', ');
  return [name, how, what === '' ? '' : `(${what})`, known ? '' : 'not in the catalog'].filter((part) => part !== '').join(' ');
}

const settingLine = ({ name, value, scope }: SettingUse): string => `${name} ${value === undefined ? 'reset or computed' : `= ${value}`}${scope === 'transaction' ? ', for the transaction' : ''}`;

function nameLine(name: SessionNameUse): string {
  if (name.use === 'discard') return `discard ${name.what}`;
  return `${name.use} ${name.name ?? 'all'}`;
}

function oneLine(text: string): string {
  const line = text.replaceAll(/\s+/g, ' ');
  return line.length > 100 ? `${line.slice(0, 97)}...` : line;
}
