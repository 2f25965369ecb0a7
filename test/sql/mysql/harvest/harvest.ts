/**
 * node test/sql/mysql/harvest/harvest.ts FOLDER [TOOL …]
 *
 * Runs real ORMs and clients against real servers, MariaDB and MySQL, and writes down the statements that arrive, by the
 * servers' own general log: test/sql/mysql/harvest/<flavour>/<tool>.txt. FOLDER holds the tools (see makers/README.md);
 * without names every tool is run, and one that FOLDER lacks is said and keeps its file as it is.
 */

import { execFile } from 'node:child_process';
import { cpSync, mkdirSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { promisify } from 'node:util';

import type { MysqlFlavour } from '../../../../src/demo/mysql-binaries.ts';
import { makeCertificate } from '../../../support/certificates.ts';
import { FLAVOURS } from '../../../support/mysql-binaries.ts';
import { startMysql } from '../../../support/mysql.ts';
import type { TestMysql } from '../../../support/mysql.ts';
import { harvestText } from './format.ts';
import { TOOLS } from './tools.ts';
import type { Tool } from './tools.ts';

const run = promisify(execFile);
const HERE = import.meta.dirname;

const [folder = '', ...names] = process.argv.slice(2);

for (const flavour of FLAVOURS) {
  const server = await startMysql({ flavour, generalLog: true, tls: await makeCertificate(), users: TOOLS.map(({ name }) => ({ name, password: 'app' })) });
  try {
    for (const tool of TOOLS.filter(({ name }) => names.length === 0 || names.includes(name))) await harvest(tool, flavour, server);
  } finally {
    await server.stop();
  }
}

async function harvest(tool: Tool, flavour: MysqlFlavour, server: TestMysql): Promise<void> {
  const place = resolve(folder);
  cpSync(join(HERE, 'makers'), place, { recursive: true });
  const database = tool.name.replaceAll('-', '_');
  await server.query(`CREATE DATABASE ${database} CHARACTER SET utf8mb4; USE ${database}; ${tool.before ?? ''}`);
  const env = {
    ...process.env, DB_HOST: server.host, DB_PORT: String(server.port), DB_USER: tool.name, DB_PASSWORD: 'app', DB_NAME: database, DB_FLAVOUR: flavour,
    DB_URL: server.urlFor({ user: tool.name, password: 'app', database }),
  };
  const [program, ...args] = tool.command(place, flavour);
  if (program === undefined) {
    console.warn(`LEFT OUT: ${tool.name} with ${flavour}: its program isn't here`);
    return;
  }
  let version;
  try {
    version = (await run(program, args, { cwd: place, env, maxBuffer: 64 * 1024 * 1024, timeout: 300_000 })).stdout.trim().split('\n').at(-1) ?? '';
  } catch (error) {
    const { stderr, message } = error as Error & { stderr?: string };
    console.warn(`LEFT OUT: ${tool.name} with ${flavour}: ${stderr?.trim().split('\n').slice(-12).join('\n') ?? message}`);
    return;
  }
  const texts = (await server.arrived()).filter(({ user, command }) => user === tool.name && (command === 'Query' || command === 'Prepare')).map(({ text }) => text);
  if (texts.length === 0) {
    console.warn(`LEFT OUT: ${tool.name} with ${flavour}: nothing arrived`);
    return;
  }
  mkdirSync(join(HERE, flavour), { recursive: true });
  const file = harvestText([`${version}, with ${flavour} ${server.version}.`, tool.does], texts);
  writeFileSync(join(HERE, flavour, `${tool.name}.txt`), file.text);
  console.log(`${flavour} ${tool.name}: ${file.harmless} harmless, ${file.held} meant to be held`);
}
