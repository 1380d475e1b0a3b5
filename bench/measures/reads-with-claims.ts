/**
 * Reads by a caller who sees 100 entries, compared with the same reads by a caller who sees all of them.
 */
import { copyFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Bench } from '../bench.ts';
import { dataSetEntries, type DataSetOptions } from '../data/data-set.ts';
import { atLeastShareOf, atMostTimes, type Figure } from '../figures/figure.ts';
import { interleaved, samplesOf } from '../figures/interleaved.ts';
import { putUnderLoad } from '../load/load.ts';
import { type RunningRegistry, type SourceSetup, startRegistry } from '../system/running-registry.ts';
import { percentile, sampleOf } from '../figures/sample.ts';
import { searchPaths } from '../data/searches.ts';
import { SequentialClient } from '../load/sequential-client.ts';
import { startTokenIssuer, type TokenIssuer } from '../system/token-issuer.ts';

const CONNECTIONS = 32;
const VISIBLE_ENTRIES = 100;
/** The allowed factor in latency and throughput. */
const GOAL = 2;
const VISIBLE: DataSetOptions = { entries: VISIBLE_ENTRIES, versionsPerServer: 1, seed: 2 };

/** The tokens of the two callers. */
interface Callers {
  readonly few: string;
  readonly all: string;
}

interface Reads {
  readonly line: string;
  readonly paths: readonly string[];
}

export async function measureReadsWithClaims(bench: Bench): Promise<Figure[]> {
  const issuer = await startTokenIssuer();
  try {
    const registry = await startWithClaims(bench, issuer);
    try {
      return await measure(bench, registry.origin, {
        few: await issuer.token({ team: 'few' }),
        all: await issuer.token({ role: 'admin' }),
      });
    } finally {
      await registry.stop();
    }
  } finally {
    await issuer.stop();
  }
}

async function startWithClaims(bench: Bench, issuer: TokenIssuer): Promise<RunningRegistry> {
  const sourceOf = async (name: string, options: DataSetOptions): Promise<SourceSetup> => {
    const path = join(bench.directory, `${name}.json`);
    await copyFile(await bench.dataSet(options), path);
    return { name, file: { path }, claims: { team: name } };
  };
  const sources = [
    await sourceOf('few', VISIBLE),
    await sourceOf('most', { entries: bench.entries - VISIBLE_ENTRIES, versionsPerServer: 'real' }),
  ];
  bench.say(`first sync of ${bench.entries} entries with claims`);
  const registry = await startRegistry(bench, sources, { auth: issuer.auth });
  for (const { name } of sources) await registry.syncDuration(name, 1);
  return registry;
}

async function measure(bench: Bench, origin: string, callers: Callers): Promise<Figure[]> {
  const names = [...dataSetEntries(VISIBLE)].map(({ server }) => server.name);
  const latest = names.map((name) => `/v0.1/servers/${encodeURIComponent(name)}/versions/latest`);
  const cold: Reads[] = [
    { line: 'list page, each once', paths: listPaths() },
    { line: 'versions/latest, each once', paths: latest },
    { line: 'search, each once', paths: searchPaths(names, bench.quick ? 100 : 300, 1) },
  ];
  const warm: Reads[] = [
    { line: 'list page, warm', paths: ['/v0.1/servers?limit=30'] },
    { line: 'versions/latest, warm', paths: latest.slice(0, 1) },
    { line: '100 searches, warm', paths: searchPaths(names, 100, 2) },
  ];
  const figures: Figure[] = [];
  for (const reads of cold) figures.push(await measureCold(bench, { origin, callers }, reads));
  for (const reads of warm) figures.push(await measureWarm(bench, { origin, callers }, reads));
  return figures;
}

/** A hundred first pages, none of the same length. */
function listPaths(): string[] {
  return Array.from({ length: VISIBLE_ENTRIES }, (_, index) => `/v0.1/servers?limit=${index + 1}`);
}

interface Setup {
  readonly origin: string;
  readonly callers: Callers;
}

const lineOf = ({ line }: Reads): string => `${line}, by a caller who sees ${VISIBLE_ENTRIES} entries`;
const authorization = (token: string): Record<string, string> => ({ authorization: `Bearer ${token}` });

/** Both callers in turn; a figure of a block is the median of its requests. */
async function measureCold(bench: Bench, { origin, callers }: Setup, reads: Reads): Promise<Figure> {
  bench.say(lineOf(reads));
  const few = new SequentialClient(origin, authorization(callers.few));
  const all = new SequentialClient(origin, authorization(callers.all));
  const times: { few: number[]; all: number[] }[] = [];
  try {
    for (const [index, path] of reads.paths.entries()) {
      if (index % Math.ceil(reads.paths.length / bench.runs) === 0) times.push({ few: [], all: [] });
      times.at(-1)!.few.push((await few.getPage(path)).milliseconds);
      times.at(-1)!.all.push((await all.getPage(path)).milliseconds);
    }
  } finally {
    await few.close();
    await all.close();
  }
  const medians = (caller: keyof Callers): number[] => times.map((block) => percentile(block[caller], 0.5));
  return atMostTimes(
    {
      line: lineOf(reads),
      unit: 'ms',
      ours: sampleOf(medians('few')),
      baseline: { what: 'by a caller who sees all', sample: sampleOf(medians('all')) },
    },
    GOAL,
  );
}

async function measureWarm(bench: Bench, { origin, callers }: Setup, reads: Reads): Promise<Figure> {
  bench.say(lineOf(reads));
  const load = async (token: string): Promise<number> => {
    const headers = authorization(token);
    const { paths } = reads;
    const result = await putUnderLoad({ origin, paths, headers, connections: CONNECTIONS, seconds: bench.loadSeconds });
    return result.requestsPerSecond;
  };
  const runs = await interleaved(bench.runs, {
    ours: () => load(callers.few),
    baseline: () => load(callers.all),
  });
  return atLeastShareOf(
    { line: lineOf(reads), unit: 'requests/s', ...samplesOf(runs, 'by a caller who sees all', Number) },
    1 / GOAL,
  );
}
