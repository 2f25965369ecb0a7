/** Every node kind and who understands it. */

import { ALTERATION } from './alteration.ts';
import { DEFINITION, DEFINITION_PARTS } from './definition.ts';
import { CONTAINERS, EXPRESSIONS } from './expressions.ts';
import { FROM } from './from.ts';
import { QUERY } from './query.ts';
import { SESSION } from './session-commands.ts';
import { TRANSFER } from './transfer.ts';
import type { Handlers } from './walk.ts';
import { WRITE } from './write.ts';

export const HANDLERS: Handlers = { ...EXPRESSIONS, ...FROM, ...QUERY, ...WRITE, ...TRANSFER, ...SESSION, ...DEFINITION, ...ALTERATION };

export const HARMLESS_NODES: ReadonlySet<string> = CONTAINERS.union(DEFINITION_PARTS);
