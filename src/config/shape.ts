/** zod's findings as problems with places and sentences. */

import type { z } from 'zod';
import { suggestion } from './nearest.ts';
import type { Problem } from './problems.ts';
import type { Path, YamlSource } from './yaml.ts';

/** Parses the file's data by the schema; pushes every problem and answers undefined when there is one. */
export function shaped<T extends z.ZodType>(schema: T, source: YamlSource, problems: Problem[]): z.output<T> | undefined {
  problems.push(...source.problems);
  if (source.problems.length > 0) return undefined;
  const result = schema.safeParse(source.value ?? {});
  if (result.success) return result.data;
  for (const issue of result.error.issues) problems.push(...describe(issue, schema, source));
  return undefined;
}

function describe(issue: z.core.$ZodIssue, schema: z.ZodType, source: YamlSource): Problem[] {
  const { path } = issue;
  if (issue.code === 'unrecognized_keys') {
    const right = keysAt(schema, path);
    return issue.keys.map((key) => source.atKey(path, key, `unknown key "${key}"${where(path)}${suggestion(key, right)}`));
  }
  if (issue.code === 'invalid_value') {
    const values = issue.values.map(String);
    const given = valueAt(source.value, path);
    if (given === undefined) return [source.at(path, missing(path))];
    return [source.at(path, `${label(path)} can't be ${shown(given)}${typeof given === 'string' ? suggestion(given, values) : `; it is one of ${values.join(', ')}`}`)];
  }
  if (issue.code === 'invalid_type') {
    const given = valueAt(source.value, path);
    if (given === undefined) return [source.at(path, missing(path))];
    // Where a mapping says from where a secret comes, a string may be the secret itself.
    const instead = typeof given === 'string' && issue.expected === 'object' ? 'a string' : shown(given);
    return [source.at(path, `${label(path)} must be ${kindOf(issue.expected)}, not ${instead}`)];
  }
  if (issue.code === 'invalid_key') return [source.atKey(path.slice(0, -1), String(path.at(-1)), issue.issues[0]?.message ?? issue.message)];
  return [source.at(path, issue.code === 'custom' || issue.code === 'invalid_format' ? issue.message : `${label(path)}: ${issue.message}`)];
}

function missing(path: Path): string {
  return `"${String(path.at(-1))}" is missing${where(path.slice(0, -1))}`;
}

function where(path: Path): string {
  return path.length === 0 ? '' : ` in ${label(path)}`;
}

/** `agents[0].owner`, as people write paths. */
export function label(path: Path): string {
  return path.map((step, index) => (typeof step === 'number' ? `[${step}]` : `${index === 0 ? '' : '.'}${String(step)}`)).join('') || 'the file';
}

function shown(value: unknown): string {
  if (value === null) return 'empty';
  if (Array.isArray(value)) return 'a list';
  if (typeof value === 'object') return 'a mapping';
  return JSON.stringify(value).slice(0, 80);
}

function kindOf(expected: string): string {
  const words: Readonly<Record<string, string>> = {
    string: 'a string', number: 'a number', int: 'a whole number', boolean: 'true or false', array: 'a list', object: 'a mapping', record: 'a mapping',
  };
  return words[expected] ?? expected;
}

function valueAt(value: unknown, path: Path): unknown {
  let at = value;
  for (const step of path) at = typeof at === 'object' && at !== null ? (at as Record<PropertyKey, unknown>)[step] : undefined;
  return at;
}

/** The right keys of the mapping that the path leads to. */
function keysAt(schema: z.ZodType, path: Path): string[] {
  let at: z.core.$ZodTypeDef | undefined = open(schema);
  for (const step of path) {
    const def = at as { shape?: Record<PropertyKey, z.ZodType>; element?: z.ZodType; valueType?: z.ZodType } | undefined;
    const next = def?.shape?.[step] ?? def?.element ?? def?.valueType;
    at = next === undefined ? undefined : open(next);
  }
  return Object.keys((at as { shape?: object } | undefined)?.shape ?? {});
}

type Wrapped = z.core.$ZodTypeDef & { readonly innerType?: z.ZodType; readonly in?: z.ZodType; readonly out?: z.ZodType };

/** Through optional, default, transform and preprocess to the type that says what is written in the file. */
function open(schema: z.ZodType): z.core.$ZodTypeDef {
  const def = schema.def as Wrapped;
  const inner = def.innerType ?? (def.in?.def.type === 'transform' ? def.out : def.in);
  return inner === undefined ? def : open(inner);
}
