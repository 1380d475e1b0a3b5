/** The traffic during the proof: reads at a fixed rate, one publish per second, and a source whose entries all change at once. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { setTimeout as delay } from 'node:timers/promises';
import { Publisher } from '../../test/campaign/publisher.ts';
import { Reader } from '../../test/campaign/reader.ts';
import type { Upstream } from '../../test/campaign/upstream.ts';
import { type Cluster, endWithThisProcess } from './cluster.ts';
import type { ReaderReport } from './reader-process.ts';

const READER = new URL('reader-process.ts', import.meta.url).pathname;
const PUBLISH_EVERY_MS = 1_000;
const CHANGE_EVERY_MS = 4_000;
const PUBLISHED_WITHIN_MS = 60_000;

/** Half of the reads look a server up, the others list pages of several sizes and search. */
export async function writePaths(cluster: Cluster, folder: string): Promise<string> {
  const rows = await cluster.query<{
    name: string;
  }>(`select distinct entry.name from entry join source on source.id = source_id
     where source.name like 'source-%' order by entry.name limit 2000`);
  const base = '/registry/all/v0.1/servers';
  const paths = rows.flatMap(({ name }, index) => [
    `${base}/${encodeURIComponent(name)}/versions/latest`,
    index % 4 === 0 ? `${base}?limit=30&search=server` : `${base}?limit=${index % 4 === 1 ? 100 : 10}`,
  ]);
  const file = join(folder, 'paths');
  await writeFile(file, `${paths.join('\n')}\n`);
  return file;
}

/** Reads in another process until it is stopped. */
export function startReads(cluster: Cluster, pathsFile: string, perSecond: number): () => Promise<ReaderReport> {
  const child = spawn(process.execPath, [READER, cluster.url, pathsFile, String(perSecond)], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  endWithThisProcess(child);
  const output = text(child.stdout);
  return async () => {
    const exited = once(child, 'exit');
    child.kill('SIGTERM');
    await exited;
    return JSON.parse(await output) as ReaderReport;
  };
}

export interface Publishes {
  count: number;
  /** How many of them no api confirmed within a minute. */
  unconfirmed: number;
  slowestMs: number;
  /** When the oldest one that isn't confirmed yet was sent, in milliseconds since the epoch. */
  readonly waitingSince: number | undefined;
}

export interface Traffic {
  readonly publisher: Publisher;
  readonly reader: Reader;
  readonly publishes: Publishes;
  stop(): Promise<ReaderReport>;
}

export function startTraffic(
  cluster: Cluster,
  {
    upstream,
    pathsFile,
    readsPerSecond,
  }: {
    readonly upstream: Upstream;
    readonly pathsFile: string;
    readonly readsPerSecond: number;
  },
): Traffic {
  const publisher = new Publisher({ url: cluster.url, query: (statement) => cluster.query(statement) });
  const reader = new Reader(`${cluster.url}/registry/states/v0.1/servers?limit=100`);
  const stopReads = startReads(cluster, pathsFile, readsPerSecond);
  const waiting = new Set<number>();
  const publishes = {
    count: 0,
    unconfirmed: 0,
    slowestMs: 0,
    get waitingSince(): number | undefined {
      return [...waiting].at(0);
    },
  };
  const stopping = new AbortController();
  const pending = new Set<Promise<void>>();
  const loops = [
    repeat(PUBLISH_EVERY_MS, stopping.signal, () => void pending.add(publishOne())),
    repeat(CHANGE_EVERY_MS, stopping.signal, () => void upstream.change()),
  ];
  async function publishOne(): Promise<void> {
    const startedAt = Date.now();
    const name = publisher.newName();
    waiting.add(startedAt);
    await publisher.publish(name, startedAt + PUBLISHED_WITHIN_MS).catch(() => (publishes.unconfirmed += 1));
    waiting.delete(startedAt);
    publishes.count += 1;
    publishes.slowestMs = Math.max(publishes.slowestMs, Date.now() - startedAt);
  }

  return {
    publisher,
    reader,
    publishes,
    stop: async () => {
      stopping.abort();
      await Promise.all(loops);
      await Promise.all(pending);
      await reader.stop();
      return await stopReads();
    },
  };
}

async function repeat(everyMs: number, signal: AbortSignal, run: () => void): Promise<void> {
  while (!signal.aborted) {
    run();
    await delay(everyMs, undefined, { signal }).catch(() => undefined);
  }
}
