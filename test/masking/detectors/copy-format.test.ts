import { expect, it } from 'vitest';
import { searchable } from '../../../src/masking/detectors/copy-format.ts';

it.each([
  'copy notes to stdout', 'COPY (select 1) TO STDOUT (FORMAT csv, HEADER)', `copy t to stdout (format csv, delimiter ';', quote '"')`, `copy t to stdout with delimiter as '|'`, `copy t to stdout (delimiter E'\\t')`,
  `copy t to stdout (format csv, escape '''', null 'x')`,
])('%s', (text) => expect(searchable(text)).toBe(true));

it.each([
  `copy t to stdout (delimiter '@')`, `copy t to stdout delimiters '-'`, `copy t to stdout (format csv, quote '@')`, `copy t to stdout ("quote" '@')`, `copy t to stdout (quote/**/'@')`, `copy t to stdout (escape "4")`,
  `copy t to stdout (U&"quot\\0065" '@')`, `copy t to stdout (delimiter $$@$$)`, `copy t to stdout (delimiter ',', quote '@')`, `copy t to stdout (QUOTE 'A')`,
])('not %s', (text) => expect(searchable(text)).toBe(false));
