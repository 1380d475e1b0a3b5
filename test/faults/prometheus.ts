/** A real Prometheus with the rules of deploy/observability, as an operator runs it. */
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { createWriteStream } from 'node:fs';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { findFreePort, LOOPBACK } from '../../embedded/free-port.ts';

const RULES = fileURLToPath(new URL('../../deploy/observability/prometheus-rules.yaml', import.meta.url));
const INTERVAL = '15s';

export interface Job {
  readonly name: string;
  /** `host:port` of internal ports. */
  readonly targets: readonly string[];
}

export interface Alert {
  readonly labels: Readonly<Record<string, string>>;
  readonly annotations: Readonly<Record<string, string>>;
  readonly state: 'pending' | 'firing';
}

export class Prometheus {
  readonly url: string;
  readonly #child: ChildProcess;

  private constructor(url: string, child: ChildProcess) {
    this.url = url;
    this.#child = child;
  }

  /** Starts `prometheus` of the PATH. Keeps its data in the folder. */
  static async start(folder: string, jobs: readonly Job[]): Promise<Prometheus> {
    const address = `${LOOPBACK}:${await findFreePort()}`;
    const configuration = {
      global: { scrape_interval: INTERVAL, evaluation_interval: INTERVAL },
      rule_files: [RULES],
      scrape_configs: jobs.map(({ name, targets }) => ({ job_name: name, static_configs: [{ targets }] })),
    };
    const file = join(folder, 'prometheus.yml');
    await writeFile(file, JSON.stringify(configuration)); // JSON is YAML
    const child = spawn(
      'prometheus',
      [`--config.file=${file}`, `--storage.tsdb.path=${join(folder, 'tsdb')}`, `--web.listen-address=${address}`],
      { stdio: ['ignore', 'pipe', 'pipe'] },
    );
    const log = createWriteStream(join(folder, 'prometheus.log'));
    child.stdout.pipe(log);
    child.stderr.pipe(log);
    return new Prometheus(`http://${address}`, child);
  }

  async alerts(): Promise<readonly Alert[]> {
    const { data } = (await this.#get('/api/v1/alerts')) as { data: { alerts: Alert[] } };
    return data.alerts;
  }

  /** The value of a query with one result; undefined for none. */
  async value(query: string): Promise<number | undefined> {
    const path = `/api/v1/query?query=${encodeURIComponent(query)}`;
    const { data } = (await this.#get(path)) as { data: { result: { value: [number, string] }[] } };
    const [first] = data.result;
    return first === undefined ? undefined : Number(first.value[1]);
  }

  async stop(): Promise<void> {
    if (this.#child.exitCode !== null) return;
    this.#child.kill('SIGTERM');
    await once(this.#child, 'exit');
  }

  async #get(path: string): Promise<unknown> {
    const response = await fetch(this.url + path);
    if (!response.ok) throw new Error(`Prometheus answered ${response.status}: ${await response.text()}`);
    return await response.json();
  }
}
