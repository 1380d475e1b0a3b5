/** Packages are read after syncs and writes, in a workflow of their own, and again when their time has come. */
import { sql } from 'slonik';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { z } from 'zod';
import { putWriteRequest } from '../../db/writes/write-requests.ts';
import { listFindings } from '../../db/syncs/sync-findings.ts';
import { findSyncRun } from '../../db/syncs/sync-runs.ts';
import type { EntryPackages } from '../../db/entries/entry-rows.ts';
import type { SourceDefinition } from '../../registry/source-definition.ts';
import { createTestDatabase, type TestDatabase } from '../environment.ts';
import { entriesOf, useSources } from '../db/sync-source.ts';
import { type OciUpstream, startOciRegistry, tarGz } from '../upstreams/oci-registry.ts';
import { skillMd } from '../sources/scanned-repository.ts';
import { managedSource, type RunningWorker, startWorker } from './running-worker.ts';

const PATIENCE = { timeout: 60_000, interval: 100 };

let database: TestDatabase;
let worker: RunningWorker;
let registry: OciUpstream;

const skill = (name: string, tag: string): object => ({
  namespace: 'com.example',
  name,
  description: `What ${name} does`,
  version: '1.0.0',
  packages: [{ registryType: 'oci', identifier: `${registry.host}/acme/${tag}:1` }],
});

beforeAll(async () => {
  registry = await startOciRegistry();
  registry.push('acme/pdf:1', [await tarGz([{ name: 'SKILL.md', content: skillMd('pdf') }])]);
  const skills = [skill('pdf', 'pdf'), skill('late', 'late')];
  const team: SourceDefinition = {
    name: 'team',
    origin: { kind: 'file', location: { data: JSON.stringify({ data: { servers: [], skills } }) } },
    syncPolicy: { intervalMs: 3_600_000, maxRemoval: 1, deadlineMs: 60_000 },
  };
  database = await createTestDatabase();
  await useSources(database.database, team, managedSource('published'));
  worker = await startWorker(database, { allow: ['127.0.0.1'] });
}, 120_000);
afterAll(async () => {
  await worker?.stop();
  await database?.drop();
  await registry?.close();
});

async function readingOf(name: string): Promise<EntryPackages | null | undefined> {
  const entries = await entriesOf(database.database, { kind: 'skill' });
  return entries.find((entry) => entry.name === `skill:com.example/${name}`)?.reading;
}

async function passTime(): Promise<void> {
  await database.database.query(sql.type(z.object({}))`
    update package_reading set due_at = due_at - interval '25 hours' where due_at < 'infinity'`);
}

test('a sync ends without waiting for packages, and its record gets their faults', async () => {
  await expect
    .poll(() => readingOf('pdf'), PATIENCE)
    .toMatchObject({
      package: expect.stringMatching(/acme\/pdf@sha256:/) as string,
      fault: null,
    });
  await expect
    .poll(() => readingOf('late'), PATIENCE)
    .toMatchObject({ fault: expect.stringMatching(/has no tag 1/) as string });
  const findings = async (): Promise<unknown> => {
    const run = await findSyncRun(database.database, { sourceName: 'team', number: 1 });
    const stored = await listFindings(database.database, { syncRunId: run!.id, limit: 10, offset: 0 });
    return [run!.warnings, stored.map(({ name, reason }) => `${name}: ${reason}`)];
  };
  await expect
    .poll(findings, PATIENCE)
    .toEqual([1, [expect.stringMatching(/^skill:com.example\/late: its files are not stored: .* has no tag 1$/)]]);
}, 120_000);

test('housekeeping reads again what is due, of all sources', async () => {
  registry.push('acme/late:1', [await tarGz([{ name: 'SKILL.md', content: skillMd('late') }])]);
  await passTime();
  // While an earlier run ends, housekeeping starts no other.
  const afterHousekeeping = async (): Promise<EntryPackages | null | undefined> => {
    await worker.runHousekeeping();
    return await readingOf('late');
  };
  await expect
    .poll(afterHousekeeping, PATIENCE)
    .toMatchObject({ package: expect.stringMatching(/acme\/late@sha256:/) as string, fault: null });
}, 120_000);

test('a published skill gets its files, and the result of verifying its signature, soon after the write', async () => {
  const provenance = { signer_identity: 'release@example.com' };
  const document = JSON.stringify({ ...skill('own', 'pdf'), provenance });
  const name = 'skill:com.example/own';
  const write = { kind: 'publish', name, version: '1.0.0', document } as const;
  await putWriteRequest(database.database, { sourceName: 'published', requestId: 'one' }, { write });
  await expect
    .poll(() => worker.actors.publish('published', { requestId: 'one', name, version: '1.0.0' }), PATIENCE)
    .toEqual({ entries: 1, packages: true });
  await expect
    .poll(() => readingOf('own'), PATIENCE)
    .toMatchObject({
      package: expect.stringMatching(/acme\/pdf@sha256:/) as string,
      verification: { result: 'unverified', reason: 'it has no package that is pinned to a digest or a commit' },
    });
}, 120_000);
