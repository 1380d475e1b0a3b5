/**
 * Baseline of a first sync: reads and parses a registry file and COPYs name, version, and document of each entry into an
 * empty table without indexes. Arguments: the file, and the connection as JSON. Prints the duration in milliseconds.
 */
import { readFile } from 'node:fs/promises';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import pg from 'pg';
import { from as copyFrom } from 'pg-copy-streams';
import type { DataSetEntry } from '../data/data-set.ts';

const [path, connection] = process.argv.slice(2) as [string, string];
const client = new pg.Client(JSON.parse(connection) as pg.ClientConfig);
await client.connect();
await client.query('drop table if exists bench_copy');
await client.query('create table bench_copy (name text not null, version text not null, document text not null)');

const start = performance.now();
const entries = JSON.parse(await readFile(path, 'utf8')) as DataSetEntry[];
const copy = client.query(copyFrom('copy bench_copy from stdin'));
await pipeline(Readable.from(rows(entries), { objectMode: false, highWaterMark: 64 * 1024 }), copy);
process.stdout.write(String(performance.now() - start));
await client.end();

function* rows(all: readonly DataSetEntry[]): Generator<string> {
  const together = 50;
  for (let first = 0; first < all.length; first += together) {
    yield all
      .slice(first, first + together)
      .map(({ server }) => `${server.name}\t${server.version}\t${escape(JSON.stringify(server))}\n`)
      .join('');
  }
}

/** JSON text contains no raw tabs or line breaks, so only backslashes need escaping for COPY. */
function escape(text: string): string {
  return text.includes('\\') ? text.replaceAll('\\', '\\\\') : text;
}
