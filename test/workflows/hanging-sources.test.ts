import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { expect, test } from 'vitest';
import type { SourceDefinition } from '../../registry/source-definition.ts';
import { createTestDatabase } from '../environment.ts';
import { useSources } from '../db/sync-source.ts';
import { eventually } from '../eventually.ts';
import { inlineSource, startWorker } from './running-worker.ts';

/** More than a tick or a row lock could serve one after another. */
const HANGING = 8;

test('sources with hanging upstreams, older and first in order, don’t delay the others', async () => {
  let asked = 0;
  const upstream = createServer(() => (asked += 1)); // accepts every request and never answers
  await new Promise<void>((resolve) => upstream.listen(0, '127.0.0.1', resolve));
  const url = `http://127.0.0.1:${(upstream.address() as AddressInfo).port}/registry.json`;
  const hanging = Array.from({ length: HANGING }, (_, index): SourceDefinition => ({
    name: `hanging-${index}`,
    origin: { kind: 'file', location: { url, timeoutMs: 60_000 } },
    syncPolicy: { intervalMs: 60_000, maxRemoval: 1, deadlineMs: 60_000 },
  }));
  const database = await createTestDatabase();
  await useSources(database.database, ...hanging, inlineSource('last', 'io.example/last'));
  const worker = await startWorker(database);
  try {
    await eventually(async () => asked === HANGING, 'every hanging upstream is asked');
    const { report } = await worker.actors.syncNow('last', { wait: true });
    expect(['changed', 'unchanged']).toContain(report?.outcome);
    for (const { name } of hanging) expect(await worker.actors.describe(name)).toMatchObject({ phase: 'syncing' });
  } finally {
    upstream.closeAllConnections();
    upstream.close();
    await worker.stop();
    await database.drop();
  }
});
