/**
 * Uncached answers: each page once on one connection, compared with the page's SQL query on a pool with the same settings.
 */
import type { Bench } from '../bench.ts';
import { dataSetEntries } from '../data-set.ts';
import { openDatabase } from '../../db/connection/database.ts';
import { listEntries } from '../../db/entries/entries.ts';
import { findEntry } from '../../db/entries/versions.ts';
import { findRegistry } from '../../db/configuration/registries.ts';
import { atMostTimes, type Figure } from '../figure.ts';
import { largeRegistry } from '../large-registry.ts';
import { percentile, sampleOf } from '../sample.ts';
import { SequentialClient } from '../sequential-client.ts';

const GOAL = 2;

/** A request and its query. */
interface ColdRead {
  readonly path: string;
  readonly query: () => Promise<unknown>;
}

export async function measureColdReads(bench: Bench): Promise<Figure[]> {
  const { origin, database: login } = await largeRegistry(bench);
  const database = await openDatabase(login.settings);
  const client = new SequentialClient(origin);
  const registryId = (await findRegistry(database, 'default'))!.id;
  const lists = async function* (): AsyncGenerator<ColdRead> {
    let path = '/v0.1/servers?limit=31';
    let after: { name: string; version: string } | undefined;
    while (path !== '') {
      const page = after;
      yield {
        path,
        query: () =>
          listEntries(database, { registryId, visibility: 'all', limit: 32, includeDeleted: false, after: page }),
      };
      // The page is cached by now; it only yields the next cursor.
      ({ path, after } = nextPage((await client.getPage(path)).body));
    }
  };
  const latest = function* (): Generator<ColdRead> {
    for (const { server } of dataSetEntries({ entries: bench.entries, versionsPerServer: 'real' })) {
      const { name } = server;
      yield {
        path: `/v0.1/servers/${encodeURIComponent(name)}/versions/latest`,
        query: () =>
          findEntry(database, { registryId, visibility: 'all', name, version: 'latest', includeDeleted: false }),
      };
    }
  };
  try {
    bench.say('cold pages');
    return [
      await measure(bench, client, { line: 'list page, each once', reads: lists() }),
      await measure(bench, client, { line: 'versions/latest, each once', reads: latest() }),
    ];
  } finally {
    await client.close();
    await database.close();
  }
}

function nextPage(body: string): { path: string; after: { name: string; version: string } | undefined } {
  const { servers, metadata } = JSON.parse(body) as {
    servers: { server: { name: string; version: string } }[];
    metadata: { nextCursor?: string };
  };
  const { nextCursor } = metadata;
  return {
    path: nextCursor === undefined ? '' : `/v0.1/servers?limit=31&cursor=${nextCursor}`,
    after: servers.at(-1)?.server,
  };
}

interface Measured {
  readonly line: string;
  readonly reads: AsyncIterable<ColdRead> | Iterable<ColdRead>;
}

/** Alternates request and query. The figure of a block of pages is its median. */
async function measure(bench: Bench, client: SequentialClient, { line, reads }: Measured): Promise<Figure> {
  const pagesPerBlock = bench.quick ? 50 : 200;
  const ours: number[][] = [[]];
  const queries: number[][] = [[]];
  for await (const { path, query } of reads) {
    const response = await client.getPage(path);
    const start = performance.now();
    await query();
    queries.at(-1)!.push(performance.now() - start);
    ours.at(-1)!.push(response.milliseconds);
    if (ours.at(-1)!.length < pagesPerBlock) continue;
    if (ours.length > bench.runs) break;
    ours.push([]);
    queries.push([]);
  }
  const medians = (blocks: number[][]): number[] => blocks.slice(1).map((block) => percentile(block, 0.5));
  return atMostTimes(
    {
      line,
      unit: 'ms',
      ours: sampleOf(medians(ours)),
      baseline: { what: 'the bare query', sample: sampleOf(medians(queries)) },
    },
    GOAL,
  );
}
