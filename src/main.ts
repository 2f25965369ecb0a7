#!/usr/bin/env node
// The command line is composed in cli/; this file is only the bin.
import { run } from './cli/run.ts';

await run(process.argv);
