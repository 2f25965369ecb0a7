/** Reads what a caller sends: a small JSON body or a query string, checked whole. Everything unexpected is an error that says what. */

import type { Context } from 'hono';
import type { z } from 'zod';
import { ApiProblem } from './problem.ts';

/** The checked body. An absent body counts as `{}` so that optional bodies may be left out. */
export async function bodyOf<S extends z.ZodType>(context: Context, schema: S): Promise<z.infer<S>> {
  const text = await context.req.text();
  if (text === '') return check({}, schema, 'body');
  if (!/^application\/json\s*(;|$)/i.test(context.req.header('content-type') ?? '')) {
    throw new ApiProblem('unsupported_media_type', 'The body must be JSON.', { hint: 'Send "Content-Type: application/json".' });
  }
  return check(parseJson(text), schema, 'body');
}

/** The checked query string. A parameter given twice is an error: two readers could take different ones. */
export function queryOf<S extends z.ZodType>(context: Context, schema: S): z.infer<S> {
  const query: Record<string, string> = {};
  for (const [name, values] of Object.entries(context.req.queries())) {
    if (values.length !== 1) throw new ApiProblem('bad_request', `The query parameter ${name} is given ${values.length} times.`);
    query[name] = values[0] ?? '';
  }
  return check(query, schema, 'query');
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    throw new ApiProblem('bad_json', 'The body is not valid JSON.');
  }
}

function check<S extends z.ZodType>(value: unknown, schema: S, where: string): z.infer<S> {
  const result = schema.safeParse(value);
  if (result.success) return result.data;
  const problems = result.error.issues.slice(0, 5).map((issue) => `${[where, ...issue.path.map(String)].join('.')}: ${issue.message}`);
  throw new ApiProblem('bad_request', problems.join('; '), { hint: 'See /openapi.json for what this call takes.' });
}
