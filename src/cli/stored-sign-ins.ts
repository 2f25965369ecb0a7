/** What `countersign login` keeps: a token by the address of the API that gave it, in the person's configuration folder. Never sent to another address. */

import { randomBytes } from 'node:crypto';
import { mkdir, readFile, rename, stat, writeFile } from 'node:fs/promises';
import { homedir } from 'node:os';
import { dirname, join } from 'node:path';
import { z } from 'zod';
import { Failure } from '../runtime/failure.ts';
import type { Terminal } from './terminal.ts';

const SignIn = z.object({ token: z.string(), email: z.string(), until: z.iso.datetime() });
const File = z.object({ version: z.literal(1), sign_ins: z.record(z.string(), SignIn) });

export type StoredSignIn = z.infer<typeof SignIn>;
type SignIns = z.infer<typeof File>['sign_ins'];

export class StoredSignIns {
  readonly file: string;

  constructor({ env }: Pick<Terminal, 'env'>) {
    const base = env['XDG_CONFIG_HOME'] || join(env['HOME'] || homedir(), '.config');
    this.file = join(base, 'countersign', 'sign-ins.json');
  }

  /** @param api its address, as text */
  async get(api: string): Promise<StoredSignIn | undefined> {
    return (await this.#read())[api];
  }

  async put(api: string, signIn: StoredSignIn): Promise<void> {
    await this.#write({ ...(await this.#read()), [api]: signIn });
  }

  /** @returns what was kept; undefined when there was none */
  async remove(api: string): Promise<StoredSignIn | undefined> {
    const { [api]: removed, ...others } = await this.#read();
    if (removed !== undefined) await this.#write(others);
    return removed;
  }

  async #read(): Promise<SignIns> {
    let text: string;
    try {
      if (((await stat(this.file)).mode & 0o077) !== 0) throw new Failure('sign_ins_exposed', `Others may read ${this.file}, which holds your sign-ins.`, { hint: `chmod 600 ${this.file}` });
      text = await readFile(this.file, 'utf8');
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code === 'ENOENT') return {};
      throw error;
    }
    try {
      return File.parse(JSON.parse(text)).sign_ins;
    } catch (cause) {
      throw new Failure('sign_ins_damaged', `${this.file} isn't what \`countersign login\` wrote.`, { hint: 'Remove the file, and sign in again.', cause });
    }
  }

  /** Put into place whole, so that two commands at once never leave half a file. */
  async #write(signIns: SignIns): Promise<void> {
    await mkdir(dirname(this.file), { recursive: true, mode: 0o700 });
    const draft = `${this.file}.${randomBytes(6).toString('hex')}.new`;
    await writeFile(draft, `${JSON.stringify({ version: 1, sign_ins: signIns }, undefined, 2)}\n`, { mode: 0o600, flag: 'wx' });
    await rename(draft, this.file);
  }
}
