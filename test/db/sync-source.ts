/** Sources, entries, and a whole sync in one call, for tests of the database. */
import { type AppliedSnapshot, applySnapshot, type SnapshotToApply } from '../../db/syncs/apply.ts';
import { storeConfiguration } from '../../db/configuration/configuration.ts';
import type { Database } from '../../db/connection/database.ts';
import { type EntriesQuery, type EntryRow, listEntries } from '../../db/entries/entries.ts';
import { findRegistry } from '../../db/configuration/registries.ts';
import { stageChunk } from '../../db/syncs/staged-chunk.ts';
import { findSource } from '../../db/configuration/sources.ts';
import { openSyncRun } from '../../db/syncs/sync-runs.ts';
import { definitionDigest } from '../../registry/definition-digest.ts';
import type { EntryDraft } from '../../registry/entry.ts';
import type { SkillKind } from '../../registry/entry-kind.ts';
import { draftFromSkill } from '../../registry/skills/skill-draft.ts';
import { kindOf } from '../../sources/index.ts';
import type { SourceDefinition, SourceOrigin } from '../../registry/source-definition.ts';

export function source(name: string, kind: 'file' | 'managed' = 'file'): SourceDefinition {
  const origin: SourceOrigin = kind === 'managed' ? { kind } : { kind, location: { path: `/registries/${name}.json` } };
  return { name, origin, syncPolicy: { intervalMs: 60_000, maxRemoval: 0.5, deadlineMs: 900_000 } };
}

export function draft(name: string, version: string, changes: Partial<EntryDraft> = {}): EntryDraft {
  const description = changes.description ?? `What ${name} does`;
  return {
    name,
    version,
    document: JSON.stringify({ name, version, description }),
    title: null,
    description,
    tags: [],
    status: 'active',
    statusMessage: null,
    statusChangedAt: null,
    publishedAt: null,
    updatedAt: null,
    ...changes,
  };
}

/** A skill or plugin as a source has it. `name` is `namespace/name`; `members` are those of its document. */
export function skillDraft(
  kind: SkillKind,
  [name, version]: readonly [name: string, version: string],
  members: Readonly<Record<string, unknown>> = {},
): EntryDraft {
  const [namespace, last] = name.split('/');
  const document = { namespace, name: last, description: `What ${name} does`, version, ...members };
  const outcome = draftFromSkill(kind, { text: JSON.stringify(document), parsed: document });
  if ('rejection' in outcome) throw new Error(outcome.rejection.reason);
  return outcome.draft;
}

export function drafts(count: number, version = '1.0.0'): EntryDraft[] {
  return Array.from({ length: count }, (_, index) =>
    draft(`com.example/server-${String(index).padStart(5, '0')}`, version),
  );
}

/** Stores the sources in this order, all of them in the default registry. */
export async function useSources(database: Database, ...sources: readonly SourceDefinition[]): Promise<void> {
  await storeConfiguration(database, { sources, registries: [], defaultRegistry: 'default' });
}

export interface TestSync {
  readonly sourceName: string;
  readonly entries: readonly EntryDraft[];
  readonly apply?: Partial<SnapshotToApply>;
}

const ENTRIES_PER_CHUNK = 1_000;

/** Stages the entries as the source's next sync, and returns the input of the apply. */
export async function stage(database: Database, request: TestSync): Promise<SnapshotToApply> {
  const found = await findSource(database, request.sourceName);
  if (found === null) throw new Error(`There is no source ${request.sourceName}.`);
  const run = await openSyncRun(database, {
    sourceName: found.name,
    number: found.nextSyncNumber,
    workflowId: `sync/${found.name}/${found.nextSyncNumber}`,
    trigger: 'message',
  });
  if (run === null) throw new Error(`The sync of ${request.sourceName} has no record.`);
  const syncRunId = run.id;
  const chunks = Math.ceil(request.entries.length / ENTRIES_PER_CHUNK);
  for (let number = 0; number < chunks; number++) {
    const chunkDrafts = request.entries.slice(number * ENTRIES_PER_CHUNK, (number + 1) * ENTRIES_PER_CHUNK);
    await stageChunk(database, { syncRunId, sourceId: found.id, number, cursor: null, drafts: chunkDrafts });
  }
  return {
    syncRunId,
    sourceName: request.sourceName,
    definitionDigest: definitionDigest(found.definition),
    chunks,
    coverage: 'complete',
    hasEntryClaims: kindOf(found.definition.origin).hasEntryClaims === true,
    force: false,
    maxRemoval: 0.5,
    filterExcludes: () => false,
    fetchState: null,
    envelope: null,
    commitId: null,
    upstreamRevision: null,
    rejected: 0,
    warnings: 0,
    ...request.apply,
  };
}

/** A whole sync. */
export async function sync(database: Database, request: TestSync): Promise<AppliedSnapshot> {
  return await applySnapshot(database, await stage(database, request));
}

/** Entries of a registry, the default one unless named. */
export async function entriesOf(
  database: Database,
  query: Partial<EntriesQuery> & { readonly registry?: string } = {},
): Promise<readonly EntryRow[]> {
  const registry = await findRegistry(database, query.registry ?? 'default');
  if (registry === null) throw new Error(`There is no registry ${query.registry ?? 'default'}.`);
  return await listEntries(database, {
    registryId: registry.id,
    visibility: 'all',
    kind: 'server',
    limit: 100_000,
    includeDeleted: false,
    ...query,
  });
}

/** `name@version from source`, as a list is compared in tests. */
export function labels(entries: readonly EntryRow[]): string[] {
  return entries.map((entry) => `${entry.name}@${entry.version} from ${entry.sourceName}`);
}

export async function revisionOf(database: Database, registry = 'default'): Promise<number> {
  return (await findRegistry(database, registry))?.revision ?? 0;
}
