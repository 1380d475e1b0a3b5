/**
 * One PostgreSQL and one Temporal dev server for a whole run, started when a test first needs it, so that a run of pure tests
 * starts nothing. Test files ask over HTTP on loopback; environment.ts is the client.
 */
import { execFile } from 'node:child_process';
import { chmod, mkdtemp, rm } from 'node:fs/promises';
import { createServer, type Server } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import type { TestProject } from 'vitest/node';
import { migrateUp } from '../db/upkeep/migrations.ts';
import { LOOPBACK } from '../embedded/free-port.ts';
import { startEmbeddedPostgres } from '../embedded/postgres.ts';
import { startEmbeddedTemporal } from '../embedded/temporal.ts';
import { findTemporalBinary } from '../embedded/temporal-binary.ts';
import { findApiServerPrograms } from './kubernetes/api-server-programs.ts';
import { findTestServerBinary } from './test-server-binary.ts';

declare module 'vitest' {
  interface ProvidedContext {
    /** The address at which test files ask for the shared servers. */
    testServers: string;
  }
}

/** Started on demand, by the path of the request. */
interface SharedServer<Address> {
  readonly address: Address;
  stop(): Promise<void>;
}

export default async function setUp(project: TestProject): Promise<() => Promise<void>> {
  const directory = await mkdtemp(join(tmpdir(), 'rollcall-test-'));
  await chmod(directory, 0o711); // If root runs this, PostgreSQL runs as another user.
  const servers = {
    '/postgres': once(() => startPostgres(directory)),
    '/temporal': once(() => startTemporal(directory)),
    '/kubernetes-api-server': once(async () => ({
      address: await findApiServerPrograms(),
      stop: async () => undefined,
    })),
    '/console': once(async () => ({ address: await buildConsole(), stop: async () => undefined })),
    '/test-server-binary': once(async () => ({ address: await findTestServerBinary(), stop: async () => undefined })),
  };
  const broker = await startBroker(servers);
  const address = broker.address();
  if (typeof address !== 'object' || address === null) throw new Error('The broker has no port');
  project.provide('testServers', `http://${LOOPBACK}:${address.port}`);

  return async () => {
    broker.closeAllConnections();
    broker.close();
    await Promise.all(Object.values(servers).map((server) => server.stopIfStarted()));
    await rm(directory, { recursive: true, force: true });
  };
}

/** Builds the console if its sources changed. */
async function buildConsole(): Promise<string> {
  const program = fileURLToPath(new URL('../bin/build-console.mjs', import.meta.url));
  await promisify(execFile)(process.execPath, [program]);
  return 'console/dist';
}

async function startPostgres(directory: string): Promise<SharedServer<unknown>> {
  const postgres = await startEmbeddedPostgres({ dataDirectory: directory, disposable: true });
  await migrateUp(postgres.ownerSettings);
  const { settings, ownerSettings } = postgres;
  return { address: { settings, ownerSettings }, stop: () => postgres.process.stop() };
}

async function startTemporal(directory: string): Promise<SharedServer<string>> {
  const temporal = await startEmbeddedTemporal({ binary: await findTemporalBinary(), directory, keepData: false });
  return { address: temporal.address, stop: () => temporal.process.stop(0) };
}

interface StartedOnce<Address> {
  start(): Promise<SharedServer<Address>>;
  stopIfStarted(): Promise<void>;
}

function once<Address>(start: () => Promise<SharedServer<Address>>): StartedOnce<Address> {
  let started: Promise<SharedServer<Address>> | undefined;
  return {
    start: () => (started ??= start()),
    stopIfStarted: async () => {
      const server = await started?.catch(() => undefined);
      await server?.stop();
    },
  };
}

function startBroker(servers: Readonly<Record<string, StartedOnce<unknown>>>): Promise<Server> {
  const broker = createServer((request, response) => {
    const server = servers[request.url ?? ''];
    if (server === undefined) {
      response.writeHead(404).end();
      return;
    }
    server.start().then(
      ({ address }) => response.end(JSON.stringify(address)),
      (error: unknown) => response.writeHead(500).end(error instanceof Error ? error.stack : String(error)),
    );
  });
  return new Promise((resolve) => broker.listen(0, LOOPBACK, () => resolve(broker)));
}
