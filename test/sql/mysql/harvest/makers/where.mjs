// Where to connect, for all of these programs.
const { DB_HOST, DB_PORT, DB_USER, DB_PASSWORD, DB_NAME } = process.env;

export const where = { host: DB_HOST, port: Number(DB_PORT), user: DB_USER, password: DB_PASSWORD, database: DB_NAME };

/** The last line each of them prints. */
export async function sayVersion(...packages) {
  const { createRequire } = await import('node:module');
  const { readFileSync } = await import('node:fs');
  const { dirname, join } = await import('node:path');
  const require = createRequire(import.meta.url);
  const versions = packages.map((name) => {
    for (let folder = dirname(require.resolve(name)); ; folder = dirname(folder)) {
      try {
        const found = JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8'));
        if (found.name === name) return `${name} ${found.version}`;
      } catch {
        // further up
      }
      if (folder === '/') throw new Error(`no version of ${name}`);
    }
  });
  console.log(versions.join(', '));
}
