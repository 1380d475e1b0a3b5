/** A `rollcall api` that accepts tokens of a real identity provider, and users with their own home folders. */
import { mkdtemp, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { findFreePort, LOOPBACK } from '../../embedded/free-port.ts';
import { createTestDatabase, type TestDatabase } from '../environment.ts';
import { type IdentityProvider, startIdentityProvider } from '../identity-provider.ts';
import { type CommandResult, type RunningCommand, startRollcall } from './rollcall-process.ts';

export interface ProtectedServer {
  readonly url: string;
  readonly provider: IdentityProvider;
  readonly test: TestDatabase;
  /** A temporary folder. */
  readonly folder: string;
  stop(): Promise<void>;
}

/**
 * Callers with `role: admin` manage sources and registries; others have no role. There is no Temporal: reads and refusals need
 * none.
 */
export async function startProtectedServer(): Promise<ProtectedServer> {
  const [test, provider, folder, port, internalPort] = await Promise.all([
    createTestDatabase(),
    startIdentityProvider(),
    mkdtemp(join(tmpdir(), 'rollcall-protected-')),
    findFreePort(),
    findFreePort(),
  ]);
  const url = `http://${LOOPBACK}:${port}`;
  const { host, port: databasePort, database, user, password } = test.settings;
  const configuration = {
    sources: [{ name: 'unused', managed: {} }],
    auth: {
      mode: 'oauth',
      oauth: {
        providers: [provider.settingsInFile({ audience: url })],
      },
      authz: { roles: { manageSources: [{ role: 'admin' }], manageRegistries: [{ role: 'admin' }] } },
    },
    database: { host, port: databasePort, database, user, password, sslMode: 'disable' },
    temporal: { address: `${LOOPBACK}:1` },
    server: { address: `${LOOPBACK}:${port}`, internalAddress: `${LOOPBACK}:${internalPort}` },
  };
  const file = join(folder, 'rollcall.yaml');
  await writeFile(file, JSON.stringify(configuration)); // JSON is YAML.
  const api = startRollcall({}, 'api', '--config', file);
  await untilHealthy(url, api);
  return {
    url,
    provider,
    test,
    folder,
    stop: async () => {
      api.stop();
      await api.ended;
      await provider.stop();
      await test.drop();
      await rm(folder, { recursive: true });
    },
  };
}

async function untilHealthy(url: string, api: RunningCommand): Promise<void> {
  const ended = api.ended.then(({ stdout, stderr }) => Promise.reject(new Error(`The API ended: ${stdout}${stderr}`)));
  const isHealthy = async (): Promise<boolean> => {
    const response = await fetch(`${url}/health`).catch(() => undefined);
    return response?.ok === true;
  };
  while (!(await Promise.race([isHealthy(), ended]))) await new Promise((resolve) => setTimeout(resolve, 50));
  ended.catch(() => undefined);
}

/** A user at a terminal. */
export interface Person {
  /** Runs a command against the server until it ends. */
  ask(...parameters: string[]): Promise<CommandResult>;
  /** Like `ask`, with additional environment variables. */
  askWith(more: NodeJS.ProcessEnv, ...parameters: string[]): Promise<CommandResult>;
  /** Starts to log in, and returns the code to confirm. */
  beginLogin(...parameters: string[]): Promise<{ readonly code: string; readonly ended: Promise<CommandResult> }>;
  /** The stored login for the server. */
  storedLogin(): Promise<Record<string, string>>;
  changeStoredLogin(change: Readonly<Record<string, string>>): Promise<void>;
  /** The permission bits of the file and its folder. */
  storedModes(): Promise<{ readonly file: number; readonly folder: number }>;
}

/** Creates a person with these environment variables for all commands. */
export async function createPerson(
  { url, folder, provider }: ProtectedServer,
  environment: NodeJS.ProcessEnv = {},
): Promise<Person> {
  const home = await mkdtemp(join(folder, 'home-'));
  const own = { XDG_CONFIG_HOME: home, ROLLCALL_SERVER: url, ...environment };
  const path = join(home, 'rollcall', 'credentials.json');
  const readServers = async (): Promise<Record<string, Record<string, string>>> =>
    (JSON.parse(await readFile(path, 'utf8')) as { servers: Record<string, Record<string, string>> }).servers;
  return {
    ask: (...parameters) => startRollcall(own, ...parameters).ended,
    askWith: (more, ...parameters) => startRollcall({ ...own, ...more }, ...parameters).ended,
    beginLogin: async (...parameters) => {
      const login = startRollcall(own, 'login', '--ca-file', provider.caFile, ...parameters);
      const [, code = ''] = await login.printed(/^ {2}([A-Z]{4}-[A-Z]{4})$/m);
      return { code, ended: login.ended };
    },
    storedLogin: async () => (await readServers())[url] ?? {},
    changeStoredLogin: async (change) => {
      const servers = await readServers();
      await writeFile(path, JSON.stringify({ servers: { ...servers, [url]: { ...servers[url], ...change } } }));
    },
    storedModes: async () => ({
      file: (await stat(path)).mode & 0o777,
      folder: (await stat(join(home, 'rollcall'))).mode & 0o777,
    }),
  };
}
