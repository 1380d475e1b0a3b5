/** The compose file mounts existing files, and has a configuration that Rollcall accepts. */
import { access, readFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { expect, test } from 'vitest';
import { parse } from 'yaml';
import { load } from '../config/configuration-file.ts';

const FOLDER = new URL('../../deploy/compose/', import.meta.url);

interface Service {
  readonly image: string;
  readonly command?: readonly string[];
  readonly volumes?: readonly string[];
  readonly ports?: readonly string[];
}

const { services, volumes } = parse(await readFile(new URL('compose.yaml', FOLDER), 'utf8'), { merge: true }) as {
  services: Record<string, Service>;
  volumes: Record<string, null>;
};

test('runs the migration, the api, and the worker from one image', () => {
  const own = Object.entries(services).filter(([, { image }]) => image.startsWith('rollcall:'));
  expect(own.map(([name, { command }]) => [name, command?.[0]])).toEqual([
    ['migrate', 'migrate'],
    ['api', 'api'],
    ['worker', 'worker'],
  ]);
});

test('mounts files that exist, and declared volumes', async () => {
  const mounts = Object.values(services).flatMap((service) => service.volumes ?? []);
  const sources = mounts.map((mount) => mount.replace(/:.*/, ''));
  const files = sources.filter((source) => source.startsWith('.'));
  await Promise.all(files.map((file) => access(fileURLToPath(new URL(file, FOLDER)))));
  expect(Object.keys(volumes)).toEqual(sources.filter((source) => !source.startsWith('.')));
});

test('publishes ports on this machine only', () => {
  for (const port of Object.values(services).flatMap((service) => service.ports ?? [])) {
    expect(port).toMatch(/^127\.0\.0\.1:/);
  }
});

test('has a configuration without faults that uses the services', async () => {
  const configuration = await load(await readFile(new URL('rollcall.yaml', FOLDER), 'utf8'));
  expect(configuration.notes).toEqual([]);
  expect(configuration.database?.host).toBe('postgres');
  expect(configuration.temporal?.address).toBe('temporal:7233');
});
