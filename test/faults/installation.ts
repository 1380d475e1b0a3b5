/** An installation as in production: `rollcall api` and `rollcall worker` with their own PostgreSQL and Temporal. */
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { createWriteStream } from 'node:fs';
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { migrateUp } from '../../db/upkeep/migrations.ts';
import { findFreePort, LOOPBACK } from '../../embedded/free-port.ts';
import { type EmbeddedPostgres, startEmbeddedPostgres } from '../../embedded/postgres.ts';
import { type EmbeddedTemporal, startEmbeddedTemporal } from '../../embedded/temporal.ts';
import { findTemporalBinary } from '../../embedded/temporal-binary.ts';

const ROLLCALL = fileURLToPath(new URL('../../bin/rollcall.mjs', import.meta.url));
const START_DEADLINE_MS = 120_000;

export type Part = 'api' | 'worker';

export class Installation {
  internal: Readonly<Record<Part, string>> = { api: '', worker: '' };
  readonly #folder: string;
  readonly #ports: { readonly postgres: number; readonly temporal: number };
  readonly #processes = new Map<Part, ChildProcess>();
  #postgres: EmbeddedPostgres | undefined;
  #temporal: EmbeddedTemporal | undefined;

  private constructor(folder: string, postgres: number, temporal: number) {
    this.#folder = folder;
    this.#ports = { postgres, temporal };
  }

  static async start(folder: string, sources: readonly object[]): Promise<Installation> {
    const installation = new Installation(folder, await findFreePort(), await findFreePort());
    await Promise.all([installation.startPostgres(), installation.startTemporal()]);
    // Afterwards, because both open further ports.
    const api = await findFreePort();
    installation.internal = {
      api: `${LOOPBACK}:${await findFreePort()}`,
      worker: `${LOOPBACK}:${await findFreePort()}`,
    };
    const { settings, ownerSettings } = installation.#postgres!;
    await migrateUp(ownerSettings);
    const { host, port, database, user, password } = settings;
    const configuration = {
      sources,
      auth: { mode: 'anonymous' },
      database: { host, port, database, user, password, sslMode: 'disable' },
      temporal: { address: `${LOOPBACK}:${installation.#ports.temporal}` },
      server: {
        address: `${LOOPBACK}:${api}`,
        internalAddress: installation.internal.api,
        workerInternalAddress: installation.internal.worker,
      },
      log: { level: 'info' },
    };
    await writeFile(join(folder, 'rollcall.yaml'), JSON.stringify(configuration)); // JSON is YAML
    await installation.run('worker');
    await installation.run('api');
    return installation;
  }

  async startPostgres(): Promise<void> {
    this.#postgres = await startEmbeddedPostgres({ dataDirectory: this.#folder, port: this.#ports.postgres });
  }

  async stopPostgres(): Promise<void> {
    await this.#postgres?.process.stop();
  }

  async startTemporal(): Promise<void> {
    const binary = await findTemporalBinary();
    const directory = join(this.#folder, 'temporal');
    this.#temporal = await startEmbeddedTemporal({ binary, directory, port: this.#ports.temporal, keepData: true });
  }

  async stopTemporal(): Promise<void> {
    await this.#temporal?.process.stop();
  }

  /** Starts a process, and waits until it is ready. */
  async run(part: Part): Promise<void> {
    const child = spawn(process.execPath, [ROLLCALL, part, '--config', join(this.#folder, 'rollcall.yaml')], {
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    const log = createWriteStream(this.#logFile(part), { flags: 'a' });
    child.stdout.pipe(log);
    child.stderr.pipe(log);
    this.#processes.set(part, child);
    await this.untilReady(part);
  }

  async untilReady(part: Part): Promise<void> {
    const deadline = Date.now() + START_DEADLINE_MS;
    while (
      !(await fetch(`http://${this.internal[part]}/readiness`).then(
        ({ ok }) => ok,
        () => false,
      ))
    ) {
      const hasEnded = this.#processes.get(part)?.exitCode != null;
      if (hasEnded || Date.now() > deadline) throw new Error(`The ${part} is not ready: see ${this.#logFile(part)}`);
      await delay(200);
    }
  }

  /** Ends a process at once, as a crash does. */
  async kill(part: Part): Promise<void> {
    const child = this.#processes.get(part);
    if (child === undefined || child.exitCode !== null) return;
    child.kill('SIGKILL');
    await once(child, 'exit');
  }

  /** The log lines of all processes so far. */
  async logLines(): Promise<readonly string[]> {
    const texts = await Promise.all(
      (['api', 'worker'] as const).map((part) => readFile(this.#logFile(part), 'utf8').catch(() => '')),
    );
    return texts.flatMap((text) => text.split('\n')).filter((line) => line !== '');
  }

  async stop(): Promise<void> {
    await Promise.all([this.kill('api'), this.kill('worker')]);
    await Promise.all([this.stopPostgres(), this.stopTemporal()]);
  }

  #logFile(part: Part): string {
    return join(this.#folder, `${part}.log`);
  }
}
