/** Shared by all measures of a run: one PostgreSQL, one Temporal dev server, and the generated data sets. */
import { randomBytes } from 'node:crypto';
import { chmod, mkdir, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import pg from 'pg';
import type { ConnectionSettings } from '../db/connection/database.ts';
import { withClient } from '../db/connection/plain-client.ts';
import { startEmbeddedPostgres } from '../embedded/postgres.ts';
import { findTemporalBinary } from '../embedded/temporal-binary.ts';
import { startEmbeddedTemporal } from '../embedded/temporal.ts';
import { type DataSetOptions, writeDataSet } from './data/data-set.ts';

export interface BenchOptions {
  /** Fewer entries and fewer, shorter runs. */
  readonly quick: boolean;
  /** Number of entries of the large registry. Default: 100,000, or 10,000 in quick runs. */
  readonly entries?: number;
  /** Called with each step. */
  readonly onProgress: (what: string) => void;
}

export interface BenchDatabase {
  /** The application user, which can only read and write rows. */
  readonly settings: ConnectionSettings;
  readonly ownerSettings: ConnectionSettings;
}

export class Bench {
  readonly quick: boolean;
  /** The number of entries of the large registry. */
  readonly entries: number;
  /** Temporary folder of this run. */
  readonly directory: string;
  readonly temporalAddress: string;
  readonly temporalProcess: number;
  readonly #postgres: BenchDatabase;
  readonly #onProgress: (what: string) => void;
  readonly #stopServers: () => Promise<void>;
  readonly #dataSets = new Map<string, Promise<string>>();

  private constructor(
    options: BenchOptions,
    servers: {
      directory: string;
      postgres: BenchDatabase;
      temporal: { readonly address: string; readonly process: { readonly pid: number } };
      stop: () => Promise<void>;
    },
  ) {
    this.quick = options.quick;
    this.entries = options.entries ?? (options.quick ? 10_000 : 100_000);
    this.#onProgress = options.onProgress;
    this.directory = servers.directory;
    this.temporalAddress = servers.temporal.address;
    this.temporalProcess = servers.temporal.process.pid;
    this.#postgres = servers.postgres;
    this.#stopServers = servers.stop;
  }

  static async start(options: BenchOptions): Promise<Bench> {
    const directory = await mkdtemp(join(tmpdir(), 'rollcall-bench-'));
    await chmod(directory, 0o711); // started by root, PostgreSQL runs as another user
    const binary = await findTemporalBinary();
    // As in `serve`: both write durably to disk.
    const postgres = await startEmbeddedPostgres({ dataDirectory: join(directory, 'postgres') });
    const temporal = await startEmbeddedTemporal({ binary, directory: join(directory, 'temporal'), keepData: true });
    return new Bench(options, {
      directory,
      postgres,
      temporal,
      stop: async () => {
        await Promise.all([postgres.process.stop(), temporal.process.stop()]);
      },
    });
  }

  async stop(): Promise<void> {
    await this.#stopServers();
    await rm(this.directory, { recursive: true, force: true });
  }

  say(what: string): void {
    this.#onProgress(what);
  }

  /** The number of runs per measurement. */
  get runs(): number {
    return this.quick ? 1 : 7;
  }

  /** The duration of one run under load. */
  get loadSeconds(): number {
    return this.quick ? 1 : 5;
  }

  /** The path of a generated data set; reused by later measures. */
  async dataSet(options: DataSetOptions): Promise<string> {
    const { entries, versionsPerServer, changedEntry, seed } = options;
    const name = `${entries}-${versionsPerServer}-${changedEntry ?? 'unchanged'}-${seed ?? 1}.json`;
    const found = this.#dataSets.get(name);
    if (found !== undefined) return await found;
    const made = this.#makeDataSet(name, options);
    this.#dataSets.set(name, made);
    return await made;
  }

  async #makeDataSet(name: string, options: DataSetOptions): Promise<string> {
    const directory = join(this.directory, 'data-sets');
    await mkdir(directory, { recursive: true });
    const path = join(directory, name);
    this.say(`generating ${options.entries} entries`);
    await writeDataSet(path, options);
    return path;
  }

  /** An empty database, not yet migrated. */
  async createDatabase(): Promise<BenchDatabase> {
    const name = `bench_${randomBytes(4).toString('hex')}`;
    const { settings, ownerSettings } = this.#postgres;
    await withClient({ ...ownerSettings, database: 'postgres' }, (client) => client.query(`create database ${name}`));
    return { settings: { ...settings, database: name }, ownerSettings: { ...ownerSettings, database: name } };
  }
}

export function connectionOf(settings: ConnectionSettings): pg.ClientConfig {
  const { host, port, user, password, database } = settings;
  return { host, port, user, database, ...(password === undefined ? {} : { password }) };
}

/** Parsers of `pg` that leave timestamps as text, as the schemas of rows expect them. */
export function textTimestamps(): pg.TypeOverrides {
  const types = new pg.TypeOverrides();
  types.setTypeParser(pg.types.builtins.TIMESTAMPTZ, String);
  return types;
}
