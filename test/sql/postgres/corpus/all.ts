import { ATTACKS } from './attacks.ts';
import { readCases } from './case.ts';
import type { Case } from './case.ts';
import { DEFINITIONS } from './definitions.ts';
import { READS } from './reads.ts';
import { SESSION } from './session.ts';
import { WRITES } from './writes.ts';

export const CORPUS: readonly Case[] = [READS, WRITES, DEFINITIONS, SESSION, ATTACKS].flatMap(readCases);
