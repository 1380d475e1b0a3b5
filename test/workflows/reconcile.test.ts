import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { temporal } from '@temporalio/proto';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { countEntriesOf, findSource } from '../../db/configuration/sources.ts';
import type { SourceDefinition } from '../../registry/source-definition.ts';
import { sourceWorkflowId } from '../../workflows/contract/names.ts';
import { createTestDatabase } from '../environment.ts';
import { useSources } from '../db/sync-source.ts';
import { eventually } from '../eventually.ts';
import { inlineSource, managedSource, type RunningWorker, startWorker } from './running-worker.ts';

let worker: RunningWorker;
beforeAll(async () => {
  const database = await createTestDatabase();
  await useSources(database.database, inlineSource('alpha', 'io.example/one', 'io.example/two'), managedSource('own'));
  worker = await startWorker(database);
});
afterAll(async () => {
  await worker?.stop();
  await worker?.test.drop();
});

async function entryCount(name: string): Promise<number | undefined> {
  const source = await findSource(worker.test.database, name);
  if (source === null) return undefined;
  const [counted] = await countEntriesOf(worker.test.database, [source]);
  return counted?.entryCount;
}

/** The actor may not be running yet, or may have just been restarted. */
async function syncEnds(name: string, number: number): Promise<void> {
  const hasEnded = async (): Promise<boolean> => {
    const { recentSyncs } = await worker.actors.describe(name);
    return recentSyncs.some((report) => report.number === number);
  };
  await eventually(() => hasEnded().catch(() => false), `sync ${number} of ${name} ends`);
}

const statusOf = async (name: string): Promise<string> =>
  (await worker.client.workflow.getHandle(sourceWorkflowId(name)).describe()).status.name;

describe('a worker reconciles the actors with the sources in Postgres', () => {
  test('sources that exist at its start run at once', async () => {
    await syncEnds('alpha', 1);
    expect(await entryCount('alpha')).toBe(2);
    expect(await worker.actors.describe('alpha')).toMatchObject({ phase: 'idle', kind: 'file' });
    expect(await worker.actors.describe('own')).toMatchObject({ phase: 'idle', kind: 'managed', recentSyncs: [] });
  });

  test('a new definition reaches its actor, and an equal one costs nothing', async () => {
    const before = await historyLength('own');
    await useSources(worker.test.database, inlineSource('alpha', 'io.example/one'), managedSource('own'));
    await worker.runHousekeeping();
    await syncEnds('alpha', 2);
    expect(await entryCount('alpha')).toBe(1);
    const { recentSyncs } = await worker.actors.describe('alpha');
    expect(recentSyncs[0]).toMatchObject({ number: 2, trigger: 'definition', counts: { removed: 1 } });
    expect(await historyLength('own')).toBe(before);
  });

  test('an actor gets no query of a URL, which may contain a token, but notices a changed one', async () => {
    const received: string[] = [];
    const upstream = createServer((request, response) => {
      received.push(request.url ?? '');
      response.end('{"servers": []}');
    });
    await new Promise<void>((resolve) => upstream.listen(0, '127.0.0.1', resolve));
    const { port } = upstream.address() as AddressInfo;
    const signed = (signature: string): SourceDefinition => ({
      ...inlineSource('signed'),
      origin: {
        kind: 'file',
        location: { url: `http://127.0.0.1:${port}/registry.json?signature=${signature}`, timeoutMs: 5_000 },
      },
    });
    const stay = [inlineSource('alpha', 'io.example/one'), managedSource('own')];
    for (const [index, signature] of ['first-secret', 'second-secret'].entries()) {
      await useSources(worker.test.database, ...stay, signed(signature));
      await worker.runHousekeeping();
      await syncEnds('signed', index + 1);
      expect(received.at(-1)).toBe(`/registry.json?signature=${signature}`);
      await worker.runHousekeeping();
    }
    const history = await worker.client.workflow.getHandle(sourceWorkflowId('signed')).fetchHistory();
    expect(Buffer.from(temporal.api.history.v1.History.encode(history).finish()).toString('latin1')).not.toContain(
      'secret',
    );
    expect((await worker.actors.describe('signed')).recentSyncs).toMatchObject([
      { number: 2, trigger: 'definition' },
      { number: 1, trigger: 'start' },
    ]);
    upstream.closeAllConnections();
    upstream.close();
    await useSources(worker.test.database, ...stay);
  });

  test('a terminated actor comes back and continues the numbering of syncs', async () => {
    await worker.client.workflow.getHandle(sourceWorkflowId('alpha')).terminate('by hand');
    await eventually(async () => {
      await worker.runHousekeeping();
      return (await statusOf('alpha')) === 'RUNNING';
    }, 'it runs again');
    await syncEnds('alpha', 3);
    expect((await worker.actors.describe('alpha')).recentSyncs).toHaveLength(1);
  });

  test('an actor that isn’t running is started by any message to it', async () => {
    await worker.client.workflow.getHandle(sourceWorkflowId('alpha')).terminate('by hand');
    const { report } = await worker.actors.syncNow('alpha', { wait: true });
    expect(report).toMatchObject({ outcome: 'unchanged' });
    await expect(worker.actors.syncNow('nobody', {})).rejects.toMatchObject({ type: 'SourceNotFound' });
  });

  test('sources that left the configuration are retired: removed, or kept for their return if they are managed', async () => {
    await useSources(worker.test.database, inlineSource('beta', 'io.example/three'));
    await eventually(async () => {
      await worker.runHousekeeping();
      return (await findSource(worker.test.database, 'alpha')) === null;
    }, 'alpha is gone');
    await eventually(async () => (await statusOf('own')) === 'COMPLETED', 'the actor of the managed source has ended');
    expect(await statusOf('alpha')).toBe('COMPLETED');
    expect((await findSource(worker.test.database, 'own'))?.detachedAt).not.toBeNull();
    await syncEnds('beta', 1);
    expect(await entryCount('beta')).toBe(1);

    await useSources(worker.test.database, inlineSource('beta', 'io.example/three'), managedSource('own'));
    await eventually(async () => {
      await worker.runHousekeeping();
      return (await statusOf('own')) === 'RUNNING';
    }, 'it is back');
  });

  test('several workers at once have the same effect as one', async () => {
    const stopAnother = await worker.startAnother();
    await useSources(
      worker.test.database,
      inlineSource('beta', 'io.example/three'),
      inlineSource('gamma', 'io.example/a'),
    );
    await Promise.all([worker.runHousekeeping(), worker.runHousekeeping(), worker.runHousekeeping()]);
    await syncEnds('gamma', 1);
    expect((await worker.actors.describe('gamma')).recentSyncs).toHaveLength(1);
    await stopAnother();
  });

  test('an empty Temporal is filled again, and no entry is lost', async () => {
    const fresh = await startWorker(worker.test);
    try {
      await eventually(
        () =>
          fresh.actors.describe('gamma').then(
            ({ recentSyncs }) => recentSyncs[0]?.number === 2,
            () => false,
          ),
        'gamma is synced under the next number',
      );
      expect((await fresh.actors.describe('gamma')).recentSyncs[0]?.outcome).toBe('unchanged');
      expect(await entryCount('gamma')).toBe(1);
    } finally {
      await fresh.stop();
    }
  });
});

async function historyLength(name: string): Promise<number> {
  return (await worker.client.workflow.getHandle(sourceWorkflowId(name)).describe()).historyLength;
}
