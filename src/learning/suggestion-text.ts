/** Suggestions as YAML that one may paste: rules, and all else as comments, of which no statement can end one. */

import { visibleLine } from '../runtime/visible.ts';
import type { Approved } from './evidence.ts';
import { quoted, type Suggestion, type Suggestions } from './suggest.ts';

export function suggestionsText({ suggestions, left }: Suggestions): string {
  const lines = suggestions.length === 0
    ? ['# Nothing that a rule could let pass was approved that often.']
    : [
      '# What people approved again and again, and never denied. Nothing of it is in force: paste under `rules` what you mean.',
      '# A rule knows neither values nor how many rows a WHERE finds: look at what was approved.',
      'rules:', ...suggestions.flatMap(suggestionLines),
    ];
  const others = left.length === 0 ? [] : ['# Approved as often, and for people to go on looking at:', ...left.map(({ approved, shape, why }) => comment(`${approved.times} × ${sender(approved)}: ${shape}\n  (${why})`)).flat()];
  return `${[...lines, ...others].join('\n')}\n`;
}

function suggestionLines({ approved, shape, yaml, exceptions }: Suggestion): string[] {
  const { times, people, example, until } = approved;
  const by = [...people].toSorted(([, a], [, b]) => b - a).map(([person, count]) => `${person} (${count})`).join(', ');
  return [
    '',
    ...comment(`${sender(approved)}: ${shape}`),
    ...comment(`approved ${times} times and never denied, from ${example.time} to ${until}, by ${by}`),
    ...comment(`the first was ${example.event.request ?? ''}: ${example.event.text.slice(0, 300).replaceAll(/\s+/g, ' ')}`),
    ...exceptions.flatMap(({ rule, when }) => comment(`rule ${rule.name} (${rule.place.file}:${rule.place.line}) holds it, too; so that it no longer does, whatever the columns and whichever table is written, give it\n  when: ${quoted(when)}`)),
    ...yaml.split('\n').map(visibleLine),
  ];
}

const sender = ({ example: { by } }: Approved): string => `${by.agent.name} at ${by.database.name}`;

const comment = (text: string): string[] => text.split('\n').map((line) => `  # ${visibleLine(line)}`);
