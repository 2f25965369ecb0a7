import { existsSync, readFileSync } from 'node:fs';
import { basename, dirname } from 'node:path';
import { fileURLToPath } from 'node:url';

import { describe, expect, test } from 'vitest';
import { parse } from 'yaml';

import { loadConfig } from '../../src/config/load.ts';

const ROOT = new URL('../../', import.meta.url);
const read = (file: string) => readFileSync(new URL(file, ROOT), 'utf8');

interface Mount {
  readonly source: string;
  readonly target: string;
}

interface Service {
  readonly command?: readonly string[];
  readonly volumes?: readonly string[];
  readonly secrets?: readonly string[];
  readonly configs?: readonly Mount[];
  readonly networks?: readonly string[];
  readonly depends_on?: Readonly<Record<string, { readonly condition: string }>>;
  readonly healthcheck?: unknown;
  readonly ports?: readonly string[];
}

interface Compose {
  readonly services: Readonly<Record<'proxy' | 'postgres' | 'redis', Service>>;
  readonly volumes: object;
  readonly secrets: Readonly<Record<string, { readonly environment: string }>>;
  readonly configs: object;
  readonly networks: object;
}

/** No container engine is asked: what can be known without one is checked here. */
describe('docker-compose.yml', () => {
  const compose = parse(read('docker-compose.yml')) as Compose;
  const services = Object.entries(compose.services);

  test('declares whatever its services name', () => {
    for (const [name, service] of services) {
      expect(Object.keys(compose.secrets), name).toEqual(expect.arrayContaining([...(service.secrets ?? [])]));
      expect(Object.keys(compose.networks), name).toEqual(expect.arrayContaining([...(service.networks ?? [])]));
      expect(Object.keys(compose.configs), name).toEqual(expect.arrayContaining((service.configs ?? []).map(({ source }) => source)));
      for (const volume of service.volumes ?? []) {
        const [source = ''] = volume.split(':');
        expect(source.startsWith('.') ? existsSync(new URL(source, ROOT)) : source in compose.volumes, volume).toBe(true);
      }
    }
  });

  test('starts the proxy only after stores that can say they are well, and publishes nothing but the proxy, here', () => {
    for (const name of Object.keys(compose.services.proxy.depends_on ?? {})) {
      expect(compose.services[name as 'redis'].healthcheck, name).toBeDefined();
    }
    expect(services.filter(([, { ports }]) => ports !== undefined).map(([name]) => name)).toEqual(['proxy']);
    for (const port of compose.services.proxy.ports ?? []) expect(port).toMatch(/^127\.0\.0\.1:/);
  });

  test('takes each secret from the environment, as .env.example lists them, empty', () => {
    const variables = Object.values(compose.secrets).map(({ environment }) => `${environment}=`);
    expect(read('.env.example').split('\n').filter((line) => line !== '' && !line.startsWith('#'))).toEqual(variables);
  });

  test('mounts a configuration that loads and agrees with it', async () => {
    const config = await loadConfig(fileURLToPath(new URL('policies/compose.countersign.yaml', ROOT)));
    const mounted = (compose.services.proxy.volumes ?? []).map((volume) => volume.split(':')[1]);
    const [, , given = ''] = compose.services.proxy.command ?? [];
    expect(mounted).toContain(dirname(given));
    expect(basename(given)).toBe('compose.countersign.yaml');
    expect(mounted.some((target) => config.journal.dir.startsWith(`${target}/`))).toBe(true);
    expect(config.approvals.store).toMatchObject({ kind: 'redis', url: 'redis://redis:6379' });
    const [shop] = config.databases.values();
    expect(shop?.upstream).toMatchObject({ host: 'postgres', user: 'app', database: 'shop' });
    expect(compose.services.proxy.secrets?.map((name) => `/run/secrets/${name}`)).toContain((shop?.password as { file: string } | undefined)?.file);
    const containerPorts = compose.services.proxy.ports?.map((port) => Number(port.split(':').at(-1)));
    expect(containerPorts).toEqual([config.listen.postgres?.port, config.listen.http?.port]);
  });
});

describe('Dockerfile', () => {
  const lines = read('Dockerfile').split('\n');

  test('copies only what exists and what .dockerignore lets through', () => {
    const allowed = read('.dockerignore').split('\n').flatMap((line) => (line.startsWith('!') ? [line.slice(1)] : []));
    const sources = lines.filter((line) => /^COPY (?!--from)/.test(line)).flatMap((line) => line.split(/\s+/).slice(1, -1));
    expect(sources).not.toEqual([]);
    for (const source of sources) {
      expect(existsSync(new URL(source, ROOT)), source).toBe(true);
      expect(allowed).toContain(source.replace('./', ''));
    }
  });

  test('runs as an ordinary user, says how it is, and installs what package-lock.json says', () => {
    const last = lines.slice(lines.findLastIndex((line) => line.startsWith('FROM ')));
    expect(last).toContain('USER node');
    expect(last.some((line) => line.startsWith('HEALTHCHECK '))).toBe(true);
    expect(lines.filter((line) => /npm (i|install)\b/.test(line))).toEqual([]);
  });
});
