/**
 * The services of the compose file that run Rollcall, as processes: with their commands, environment, and configuration.
 * Only names of hosts, ports, and mounted paths differ, because there are no containers.
 */
import { readFile, writeFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { parse } from 'yaml';
import { withClient } from '../../db/connection/plain-client.ts';
import { findFreePort } from '../../embedded/free-port.ts';
import { type RunningCommand, startRollcall } from '../cli/rollcall-process.ts';
import { type OwnPostgres, startOwnPostgres } from '../db/own-postgres.ts';
import { createTestNamespace, type TestNamespace } from '../temporal-namespace.ts';

const FOLDER = new URL('../../deploy/compose/', import.meta.url);

interface Service {
  readonly command: readonly string[];
  readonly environment: Readonly<Record<string, string>>;
  readonly volumes: readonly string[];
  readonly depends_on: Readonly<Record<string, { readonly condition: string }>>;
}

const { services } = parse(await readFile(new URL('compose.yaml', FOLDER), 'utf8'), { merge: true }) as {
  services: Readonly<Record<string, Service>>;
};

let postgres: OwnPostgres;
let temporal: TestNamespace;
let ports: readonly number[];
const started: RunningCommand[] = [];

beforeAll(async () => {
  [postgres, temporal] = await Promise.all([startOwnPostgres(), createTestNamespace()]);
  ports = [await findFreePort(), await findFreePort(), await findFreePort()];
  await createDatabase(environmentOf('postgres'));
});
afterAll(async () => {
  for (const command of started) command.stop();
  await Promise.all(started.map(({ ended }) => ended));
  await postgres?.remove();
});

/** Creates an empty database and a superuser, like the image of PostgreSQL. */
async function createDatabase({
  POSTGRES_DB,
  POSTGRES_USER,
  POSTGRES_PASSWORD,
}: Record<string, string>): Promise<void> {
  await withClient({ ...postgres.superuserSettings, database: 'postgres' }, async (client) => {
    await client.query(`drop database ${POSTGRES_DB}`);
    await client.query(`alter role ${POSTGRES_USER} superuser password '${POSTGRES_PASSWORD}'`);
    await client.query(`create database ${POSTGRES_DB} owner ${POSTGRES_USER}`);
  });
}

/** The environment of a service, with the defaults of variables such as `${POSTGRES_PASSWORD:-rollcall}`. */
function environmentOf(name: string): Record<string, string> {
  const written = Object.entries(services[name]!.environment);
  return Object.fromEntries(written.map(([key, value]) => [key, value.replaceAll(/\$\{\w+:-([^}]*)\}/g, '$1')]));
}

/** The file on this machine that is mounted at a path of the container. */
function mountedAt({ volumes }: Service, path: string): string {
  const mount = volumes.find((volume) => volume.split(':')[1] === path);
  if (mount === undefined) throw new Error(`Nothing is mounted at ${path}`);
  return fileURLToPath(new URL(mount.split(':')[0]!, FOLDER));
}

async function start(name: string, listensAt: { port: number; internalPort: number }): Promise<RunningCommand> {
  const service = services[name]!;
  const environment = environmentOf(name);
  const configuration = await readFile(mountedAt(service, environment['ROLLCALL_CONFIG']!), 'utf8');
  const servers = mountedAt(service, '/registry/servers.json');
  const file = `${postgres.dataDirectory}/${name}.yaml`;
  await writeFile(file, configuration.replace('/registry/servers.json', servers));
  const command = startRollcall(
    {
      ...environment,
      ROLLCALL_CONFIG: file,
      THV_REGISTRY_DATABASE_HOST: postgres.settings.host,
      THV_REGISTRY_DATABASE_PORT: String(postgres.settings.port),
      THV_REGISTRY_TEMPORAL_ADDRESS: temporal.address,
      THV_REGISTRY_TEMPORAL_NAMESPACE: temporal.namespace,
      THV_REGISTRY_SERVER_ADDRESS: `127.0.0.1:${listensAt.port}`,
      THV_REGISTRY_SERVER_INTERNALADDRESS: `127.0.0.1:${listensAt.internalPort}`,
    },
    ...service.command.map((word) => (word === ':8081' ? `127.0.0.1:${listensAt.internalPort}` : word)),
  );
  started.push(command);
  return command;
}

test('a fresh database is migrated, and then the api serves what the worker syncs', { timeout: 90_000 }, async () => {
  const [port = 0, apiInternal = 0, workerInternal = 0] = ports;
  const migrate = await start('migrate', { port, internalPort: apiInternal });
  expect(await migrate.ended).toMatchObject({ status: 0 });
  for (const name of ['api', 'worker']) {
    expect(services[name]!.depends_on['migrate']).toEqual({ condition: 'service_completed_successfully' });
  }
  await start('api', { port, internalPort: apiInternal });
  await start('worker', { port, internalPort: workerInternal });
  const served = async (): Promise<number> => {
    const response = await fetch(`http://127.0.0.1:${port}/v0.1/servers`).catch(() => null);
    if (response?.ok !== true) return 0;
    return ((await response.json()) as { metadata: { count: number } }).metadata.count;
  };
  await expect.poll(served, { timeout: 60_000, interval: 200 }).toBeGreaterThan(0);
  for (const internal of [apiInternal, workerInternal]) {
    expect((await fetch(`http://127.0.0.1:${internal}/readiness`)).status).toBe(200);
  }
});
