/** The campaign's own `rollcall serve`, whose processes can be found, killed, and frozen one by one. */
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { createWriteStream, type WriteStream } from 'node:fs';
import { chmod, mkdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import pg from 'pg';
import { childProcesses, commandLine } from '../../bench/system/processes.ts';
import { findFreePort, LOOPBACK } from '../../embedded/free-port.ts';
import { preparePostgresHost } from '../../embedded/postgres-host.ts';

export const TARGETS = ['parent', 'api', 'worker', 'postgres', 'backend', 'temporal'] as const;
export type Target = (typeof TARGETS)[number];

const ROLLCALL = fileURLToPath(new URL('../../bin/rollcall.mjs', import.meta.url));
const START_DEADLINE_MS = 180_000;

export class Installation {
  readonly url: string;
  readonly temporalAddress: string;
  readonly #folder: string;
  readonly #options: readonly string[];
  readonly #log: WriteStream;
  #child: ChildProcess | undefined;
  #isReady = false;
  #launches = 0;
  #exited: Promise<number | null> = Promise.resolve(null);

  private constructor(folder: string, ports: readonly [number, number, number, number, number]) {
    const [api, internal, worker, temporal, ui] = ports;
    this.#folder = folder;
    this.url = `http://${LOOPBACK}:${api}`;
    this.temporalAddress = `${LOOPBACK}:${temporal}`;
    this.#options = [
      `--config=${join(folder, 'rollcall.yaml')}`,
      `--data-dir=${this.#dataFolder}`,
      `--address=${LOOPBACK}:${api}`,
      `--internal-address=${LOOPBACK}:${internal}`,
      `--worker-internal-address=${LOOPBACK}:${worker}`,
      `--temporal-port=${temporal}`,
      `--ui-port=${ui}`,
    ];
    this.#log = createWriteStream(join(folder, 'serve.log'));
  }

  static async create(folder: string, configuration: object): Promise<Installation> {
    await mkdir(folder, { recursive: true });
    await chmod(folder, 0o711); // If root runs this, PostgreSQL runs as another user.
    await writeFile(join(folder, 'rollcall.yaml'), JSON.stringify(configuration)); // JSON is YAML.
    const ports = new Set<number>();
    while (ports.size < 5) ports.add(await findFreePort());
    return new Installation(folder, [...ports] as [number, number, number, number, number]);
  }

  get #dataFolder(): string {
    return join(this.#folder, 'data');
  }

  /** Number of times that `serve` has been started. */
  get launches(): number {
    return this.#launches;
  }

  /** Whether `serve` was started and has not ended. */
  get isRunning(): boolean {
    return this.#child !== undefined && this.#child.exitCode === null && this.#child.signalCode === null;
  }

  /** Fulfilled when `serve` has ended, with its status; null for a signal. */
  get exited(): Promise<number | null> {
    return this.#exited;
  }

  /** Starts `serve` without waiting for it. */
  launch(): void {
    const child = spawn(process.execPath, [ROLLCALL, 'serve', ...this.#options], {
      stdio: ['ignore', 'pipe', 'pipe'],
      detached: true,
    });
    this.#child = child;
    this.#launches++;
    this.#isReady = false;
    this.#exited = once(child, 'exit').then(([status]) => status as number | null);
    child.stdout.on('data', (text: Buffer) => (this.#isReady ||= text.includes('is running')));
    child.stdout.pipe(this.#log, { end: false });
    child.stderr.pipe(this.#log, { end: false });
  }

  /** Starts `serve` if it isn't running, and waits until it is ready; retries if it ends before. */
  async start(): Promise<void> {
    const deadline = Date.now() + START_DEADLINE_MS;
    while (!this.#isReady || !this.isRunning) {
      if (Date.now() > deadline) throw new Error(`serve did not start: see ${this.#folder}/serve.log`);
      if (this.isRunning) await delay(20);
      else this.launch();
    }
  }

  async stop(): Promise<void> {
    if (!this.isRunning) return;
    this.#child?.kill('SIGINT');
    await this.#exited;
  }

  /** Writes a note to the log of `serve`, to record when something was done to it. */
  note(text: string): void {
    this.#log.write(`--- ${text}\n`);
  }

  /** The id of a process; undefined if it isn't running. */
  async findProcess(target: Target): Promise<number | undefined> {
    if (target === 'parent') return this.#child?.pid;
    if (target === 'postgres') return await this.#pidIn('postgres.pid');
    if (target === 'temporal') return await this.#pidIn('temporal/temporal.pid');
    const found = target === 'backend' ? this.#findBackend() : this.#findRole(target);
    return await found.catch(() => undefined);
  }

  /** Waits for the process. */
  async waitForProcess(target: Target): Promise<number> {
    const deadline = Date.now() + START_DEADLINE_MS;
    for (;;) {
      const id = await this.findProcess(target);
      if (id !== undefined) return id;
      if (Date.now() > deadline) throw new Error(`There is no process "${target}"`);
      await delay(10);
    }
  }

  /** A connection as the owner of the database. */
  async connect(): Promise<pg.Client> {
    const { clusterDirectory } = await preparePostgresHost(this.#dataFolder);
    const port = Number((await readFile(join(clusterDirectory, 'postmaster.pid'), 'utf8')).split('\n')[3]);
    const passwords = await readFile(join(this.#dataFolder, 'postgres-passwords.json'), 'utf8');
    const client = new pg.Client({
      host: LOOPBACK,
      port,
      user: 'rollcall_owner',
      database: 'rollcall',
      password: (JSON.parse(passwords) as { owner: string }).owner,
      application_name: 'campaign',
    });
    client.on('error', () => undefined); // PostgreSQL is killed while this connection is open.
    await client.connect();
    return client;
  }

  /** Runs one query over a separate connection. */
  async query<Row extends pg.QueryResultRow>(text: string, values: readonly unknown[] = []): Promise<Row[]> {
    const client = await this.connect();
    try {
      return (await client.query<Row>(text, [...values])).rows;
    } finally {
      await client.end().catch(() => undefined);
    }
  }

  async #findRole(role: string): Promise<number | undefined> {
    for (const id of await childProcesses(this.#child?.pid ?? 0)) {
      if ((await commandLine(id)).at(-1) === role) return id;
    }
    return undefined;
  }

  /** A busy one if there is one: it waits for a lock that the campaign holds. */
  async #findBackend(): Promise<number | undefined> {
    // A search is not cached, so there is a connection, which stays open for a while.
    void fetch(`${this.url}/v0.1/servers?search=${Date.now()}`).then(
      (response) => response.body?.cancel(),
      () => undefined,
    );
    // The owner can't see more of other users' sessions.
    const [row] = await this.query<{ pid: number }>(`
      select pid from pg_stat_activity where usename = 'rollcall'
      order by cardinality(pg_blocking_pids(pid)) desc, pid desc limit 1`);
    return row?.pid;
  }

  async #pidIn(file: string): Promise<number | undefined> {
    const text = await readFile(join(this.#dataFolder, file), 'utf8').catch(() => undefined);
    if (text === undefined) return undefined;
    const { pid } = JSON.parse(text) as { pid: number };
    return isAlive(pid) ? pid : undefined;
  }
}

function isAlive(processId: number): boolean {
  try {
    process.kill(processId, 0);
    return true;
  } catch {
    return false;
  }
}
