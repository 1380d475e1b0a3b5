/** An installation as in production: PostgreSQL, a Temporal server on it, api and worker processes, and nginx in front. */
import { type ChildProcess, execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { createWriteStream } from 'node:fs';
import { chmod, cp, mkdir, readFile, symlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { Client, Connection } from '@temporalio/client';
import proto from '@temporalio/proto';
import pg from 'pg';
import { migrateUp } from '../../db/upkeep/migrations.ts';
import { findFreePort, LOOPBACK } from '../../embedded/free-port.ts';
import { type EmbeddedPostgres, startEmbeddedPostgres } from '../../embedded/postgres.ts';
import { type GuardedProcess, startGuarded } from '../../embedded/guarded-process.ts';
import { findTemporalServer, type RunningTemporalServer, startTemporalServer } from '../../test/temporal-server.ts';
import { nginxConfiguration } from './nginx.ts';

const CHECKOUT = fileURLToPath(new URL('../..', import.meta.url));
const NGINX = '/usr/sbin/nginx';
/** The default. */
const TASK_QUEUE = 'rollcall';
const FIRST_VERSION = '1.0.0';
const READY_WITHIN_MS = 120_000;
export type Role = 'api' | 'worker';

export interface Member {
  readonly role: Role;
  /** The name, for example `api-1`. */
  readonly name: string;
  /** `host:port`; only of an api. */
  readonly address: string;
  readonly internalAddress: string;
  child: ChildProcess;
}

/** Items of the configuration. */
interface Content {
  readonly sources: readonly object[];
  readonly registries: readonly object[];
}

interface ClusterSettings extends Content {
  readonly apis: number;
  readonly workers: number;
}

export class Cluster {
  /** The URL of nginx. */
  readonly url: string;
  readonly members: Member[] = [];
  readonly client: Client;
  readonly temporal: RunningTemporalServer;
  readonly database: pg.Pool;
  readonly #folder: string;
  readonly #services: readonly GuardedProcess[];
  /** The folder of the package that new processes run. */
  #package = '';

  private constructor(
    folder: string,
    parts: Pick<Cluster, 'url' | 'temporal' | 'database' | 'client'> & { services: readonly GuardedProcess[] },
  ) {
    this.#folder = folder;
    this.url = parts.url;
    this.temporal = parts.temporal;
    this.database = parts.database;
    this.client = parts.client;
    this.#services = parts.services;
  }

  /** Starts everything, and waits until all processes are ready. */
  static async start(folder: string, { apis, workers, ...content }: ClusterSettings): Promise<Cluster> {
    await chmod(folder, 0o711); // If root runs this, PostgreSQL runs as another user.
    const programs = await findTemporalServer();
    if ('missing' in programs) throw new Error(programs.missing);
    const postgres = await startEmbeddedPostgres({ dataDirectory: join(folder, 'postgres') });
    await migrateUp(postgres.ownerSettings);
    const temporal = await startTemporalServer(programs, {
      ownerSettings: postgres.ownerSettings,
      directory: join(folder, 'temporal'),
    });
    const ports: string[] = [];
    for (let index = 0; index < apis * 2 + workers + 1; index++) ports.push(`${LOOPBACK}:${await findFreePort()}`);
    const front = ports.pop()!;
    const addresses = Array.from({ length: apis }, () => ports.pop()!);
    await writeFile(
      join(folder, 'rollcall.yaml'),
      JSON.stringify(configurationOf(content, postgres, temporal)), // JSON is YAML
    );
    const nginx = await startNginx(join(folder, 'nginx'), { front, apis: addresses });
    const connection = await Connection.connect({ address: temporal.address });
    const { host, port, database, user, password } = postgres.settings;
    const cluster = new Cluster(folder, {
      url: `http://${front}`,
      temporal,
      client: new Client({ connection, namespace: temporal.namespace }),
      database: new pg.Pool({ host, port, database, user, password, max: 2 }),
      services: [nginx, temporal.process, postgres.process],
    });
    await cluster.useVersion(FIRST_VERSION);
    for (const [index, address] of addresses.entries()) {
      await cluster.#add({ role: 'api', name: `api-${index + 1}`, address, internalAddress: ports.pop()! });
    }
    for (let index = 1; index <= workers; index++) {
      await cluster.#add({ role: 'worker', name: `worker-${index}`, address: '', internalAddress: ports.pop()! });
    }
    await Promise.all(cluster.members.filter(({ role }) => role === 'api').map((member) => cluster.untilReady(member)));
    return cluster;
  }

  async #add(member: Omit<Member, 'child'>): Promise<void> {
    this.members.push({ ...member, child: this.#spawn(member) });
  }

  #spawn({ role, name, address, internalAddress }: Omit<Member, 'child'>): ChildProcess {
    const parameters = [role, '--config', join(this.#folder, 'rollcall.yaml'), '--internal-address', internalAddress];
    if (role === 'api') parameters.push('--address', address);
    const child = spawn(process.execPath, [join(this.#package, 'bin/rollcall.mjs'), ...parameters], {
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    endWithThisProcess(child);
    const log = createWriteStream(join(this.#folder, `${name}.log`), { flags: 'a' });
    child.stdout.pipe(log, { end: false });
    child.stderr.pipe(log, { end: false });
    return child;
  }

  /** @throws Error if the process ends, or isn't ready within two minutes */
  async untilReady({ name, child, internalAddress }: Member): Promise<void> {
    const deadline = Date.now() + READY_WITHIN_MS;
    for (;;) {
      const response = await fetch(`http://${internalAddress}/readiness`).catch(() => undefined);
      if (response?.ok === true) return;
      if (child.exitCode !== null || Date.now() > deadline) {
        throw new Error(`${name} is not ready: see ${join(this.#folder, `${name}.log`)}`);
      }
      await delay(100);
    }
  }

  /** `kill -9`, then a new process in its place. */
  async killAndRestart(member: Member): Promise<void> {
    await this.kill(member);
    await this.restart(member);
  }

  async kill({ child }: Member): Promise<void> {
    const exited = once(child, 'exit');
    child.kill('SIGKILL');
    await exited;
  }

  /** Starts a process that was killed. */
  async restart(member: Member): Promise<void> {
    member.child = this.#spawn(member);
    await this.untilReady(member);
  }

  /** An orderly restart, as in a rolling upgrade. */
  async replace(member: Member): Promise<void> {
    const exited = once(member.child, 'exit');
    member.child.kill('SIGTERM');
    await exited;
    await this.restart(member);
  }

  /** Processes that start from now on run a copy of the built package, with another version. */
  async useVersion(version: string): Promise<void> {
    const copy = join(this.#folder, `rollcall-${version}`);
    await mkdir(copy);
    for (const name of ['bin', 'dist', 'package.json']) {
      await cp(join(CHECKOUT, name), join(copy, name), { recursive: true });
    }
    await symlink(join(CHECKOUT, 'node_modules'), join(copy, 'node_modules'));
    const manifest = JSON.parse(await readFile(join(CHECKOUT, 'package.json'), 'utf8')) as object;
    for (const folder of [copy, join(copy, 'dist')]) {
      await writeFile(join(folder, 'package.json'), JSON.stringify({ ...manifest, version }));
    }
    this.#package = copy;
  }

  /** Adds a worker next to the existing ones. */
  async addWorker(name: string): Promise<Member> {
    const internalAddress = `${LOOPBACK}:${await findFreePort()}`;
    await this.#add({ role: 'worker', name, address: '', internalAddress });
    return this.members.at(-1)!;
  }

  /** Ends a process in an orderly way, for good. */
  async remove(member: Member): Promise<void> {
    const exited = once(member.child, 'exit');
    member.child.kill('SIGTERM');
    await exited;
    this.members.splice(this.members.indexOf(member), 1);
  }

  /** Runs the command of the chart's hook. Returns its output. */
  async setCurrentVersion(): Promise<string> {
    const { stdout } = await promisify(execFile)(process.execPath, [
      join(this.#package, 'bin/rollcall.mjs'),
      'worker-version',
      'set-current',
      '--wait=300',
      `--config=${join(this.#folder, 'rollcall.yaml')}`,
    ]);
    return stdout;
  }

  async query<Row>(statement: string): Promise<Row[]> {
    return (await this.database.query(statement)).rows as Row[];
  }

  /**
   * How many workflow and activity tasks wait in the task queue, as Temporal reports it. Tasks that still wait for the worker
   * that has their workflow in its cache aren't counted.
   */
  async queuedTasks(): Promise<number> {
    const { TASK_QUEUE_TYPE_WORKFLOW, TASK_QUEUE_TYPE_ACTIVITY } = proto.temporal.api.enums.v1.TaskQueueType;
    const counts = await Promise.all(
      [TASK_QUEUE_TYPE_WORKFLOW, TASK_QUEUE_TYPE_ACTIVITY].map(async (taskQueueType) => {
        const { namespace } = this.temporal;
        const taskQueue = { name: TASK_QUEUE };
        const request = { namespace, taskQueue, taskQueueType, reportStats: true };
        const { stats } = await this.client.workflowService.describeTaskQueue(request);
        return Number(stats?.approximateBacklogCount ?? 0);
      }),
    );
    return counts.reduce((sum, count) => sum + count, 0);
  }

  async stop(): Promise<void> {
    await Promise.all(this.members.map((member) => this.kill(member).catch(() => undefined)));
    await this.database.end();
    await this.client.connection.close();
    for (const service of this.#services) await service.stop();
  }
}

function configurationOf(
  content: Content,
  { settings: { host, port, database, user, password } }: EmbeddedPostgres,
  temporal: RunningTemporalServer,
): object {
  return {
    ...content,
    auth: { mode: 'anonymous' },
    database: { host, port, database, user, password, sslMode: 'disable', maxOpenConns: 12 },
    temporal: { address: temporal.address, workerVersioning: true },
    server: { drainDelay: '2s' },
  };
}

async function startNginx(
  folder: string,
  addresses: { readonly front: string; readonly apis: readonly string[] },
): Promise<GuardedProcess> {
  await mkdir(folder);
  await writeFile(join(folder, 'nginx.conf'), nginxConfiguration(folder, addresses));
  return await startGuarded({
    command: NGINX,
    arguments: ['-p', folder, '-c', join(folder, 'nginx.conf'), '-e', join(folder, 'error.log')],
    environment: {},
    stopSignal: 'TERM',
    logFile: join(folder, 'nginx.log'),
    pidFile: join(folder, 'guard.pid'),
  });
}

/** So that nothing is left behind if the proof itself fails. */
export function endWithThisProcess(child: ChildProcess): void {
  const end = (): void => void child.kill('SIGKILL');
  process.once('exit', end);
  child.once('exit', () => process.off('exit', end));
}
