/**
 * The files of skills and plugins. They are staged and applied with the entries of a snapshot, and callers who can see
 * an entry can read its files.
 */
import { sql } from 'slonik';
import type { FragmentSqlToken } from 'slonik';
import { z } from 'zod';
import type { EntryFile } from '../../registry/entry.ts';
import type { Artifact } from '../../registry/exports/skills/skill-target.ts';
import { isOfKind, isVisibleName, type Visibility } from '../claims/visibility.ts';
import { copyLine } from '../connection/copy-text.ts';
import type { Transaction } from '../connection/database.ts';
import type { Queries, Query } from '../connection/queries.ts';
import { nothing } from '../connection/schemas.ts';
import { isStorable } from '../connection/stored-text.ts';
import { notDeleted, ofVersion } from '../entries/entry-rows.ts';

interface FilesOfEntry {
  readonly name: string;
  readonly version: string;
  readonly files: readonly EntryFile[];
}

/** Stages the files of staged entries. Their content must be stored. */
export async function stageFiles(
  transaction: Transaction,
  syncRunId: string,
  entries: readonly FilesOfEntry[],
): Promise<void> {
  const lines = entries.flatMap(({ name, version, files }) =>
    files.map(({ path, digest, size, isExecutable }) =>
      copyLine([syncRunId, name, version, path, Buffer.from(digest, 'hex'), String(size), isExecutable]),
    ),
  );
  if (lines.length === 0) return;
  await transaction.copy(
    'copy snapshot_file (sync_run_id, name, version, path, digest, size, executable) from stdin',
    lines,
  );
}

/**
 * Gives the applied entries of a snapshot their staged files, in place of those that they had. Files that were read from a
 * package stay until it is read again (package-readings.ts), unless the source has files of its own now.
 */
export async function takeStagedFiles(
  transaction: Transaction,
  { sourceId, syncRunId }: { readonly sourceId: string; readonly syncRunId: string },
): Promise<void> {
  await transaction.query(sql.type(nothing)`
    delete from entry_file using entry, snapshot_entry as staged
    where entry_file.entry_id = entry.id and entry.source_id = ${sourceId}
    and staged.sync_run_id = ${syncRunId} and staged.name = entry.name and staged.version = entry.version
    and (${hasStagedFiles} or not exists (
      select from package_reading where package_reading.entry_id = entry.id and package is not null
    ))`);
  await transaction.query(sql.type(nothing)`
    update package_reading set package = null, fault = null from entry, snapshot_entry as staged
    where package_reading.entry_id = entry.id and entry.source_id = ${sourceId} and package is not null
    and staged.sync_run_id = ${syncRunId} and staged.name = entry.name and staged.version = entry.version
    and ${hasStagedFiles}`);
  await transaction.query(sql.type(nothing)`
    insert into entry_file (entry_id, path, digest, size, executable)
    select entry.id, staged.path, staged.digest, staged.size, staged.executable
    from snapshot_file as staged
    join entry on entry.source_id = ${sourceId} and entry.name = staged.name and entry.version = staged.version
    where staged.sync_run_id = ${syncRunId}`);
}

const hasStagedFiles = sql.fragment`exists (
  select from snapshot_file as file
  where file.sync_run_id = staged.sync_run_id and file.name = staged.name and file.version = staged.version
)`;

const storedFileRow = z.object({ path: z.string(), digest: z.string(), size: z.number(), isExecutable: z.boolean() });

function filesWhere(condition: FragmentSqlToken): Query<z.infer<typeof storedFileRow>> {
  return sql.type(storedFileRow)`
    select path, encode(digest, 'hex') as digest, size, executable as "isExecutable"
    from entry_file where ${condition} order by path`;
}

/** The files of entries with this package; empty if no entry has it. */
export async function filesOfPackage(database: Queries, name: string): Promise<readonly EntryFile[]> {
  return await database.any(
    filesWhere(sql.fragment`entry_id = (select entry_id from package_reading where package = ${name} limit 1)`),
  );
}

/** Gives an entry these files in place of those that it has. Returns whether they differ. Their content must be stored. */
export async function replaceFiles(
  transaction: Transaction,
  entryId: string,
  files: readonly EntryFile[],
): Promise<boolean> {
  const byPath = (all: readonly EntryFile[]): string =>
    JSON.stringify(
      all
        .map(({ path, digest, size, isExecutable }) => [path, digest, size, isExecutable])
        .toSorted(([one], [other]) => (one! < other! ? -1 : 1)),
    );
  if (byPath(files) === byPath(await transaction.any(filesWhere(sql.fragment`entry_id = ${entryId}`)))) return false;
  await transaction.query(sql.type(nothing)`delete from entry_file where entry_id = ${entryId}`);
  if (files.length === 0) return true;
  await transaction.copy(
    'copy entry_file (entry_id, path, digest, size, executable) from stdin',
    files.map(({ path, digest, size, isExecutable }) =>
      copyLine([entryId, path, Buffer.from(digest, 'hex'), String(size), isExecutable]),
    ),
  );
  return true;
}

export interface SeenRegistry {
  readonly registryId: string;
  readonly visibility: Visibility;
}

const contentRow = z.object({ path: z.string(), bytes: z.instanceof(Buffer) });

/**
 * Content by its digest, with a path of a visible entry that has it. The path is empty for the archive of all files.
 * Null if no visible entry has the content.
 */
export async function findContent(
  database: Queries,
  digest: Buffer,
  { registryId, visibility }: SeenRegistry,
): Promise<{ readonly path: string; readonly bytes: Buffer } | null> {
  return await database.maybeOne(sql.type(contentRow)`
    select entry_file.path, content.bytes
    from entry_file
    join entry on entry.id = entry_file.entry_id
    join server_owner on server_owner.source_id = entry.source_id and server_owner.name = entry.name
    join content on content.digest = entry_file.digest
    where entry_file.digest = ${sql.binary(digest)} and server_owner.registry_id = ${registryId}
    and ${isVisibleName(visibility)} and ${notDeleted(false)}
    order by entry_file.path limit 1`);
}

const fileRow = z.object({
  path: z.string().nullable(),
  /** 64 hexadecimal digits. */
  digest: z.string().nullable(),
  size: z.number().nullable(),
  isExecutable: z.boolean().nullable(),
});

/**
 * The files of a visible entry, in the order of their paths. The archive comes first, with an empty path. Null if there
 * is no such entry.
 *
 * @param version an exact version, or `latest`
 */
export async function listEntryFiles(
  database: Queries,
  { name, version }: { readonly name: string; readonly version: string },
  { registryId, visibility }: SeenRegistry,
): Promise<readonly EntryFile[] | null> {
  if (!isStorable(name) || !isStorable(version)) return null;
  const rows = await database.any(sql.type(fileRow)`
    select entry_file.path, encode(entry_file.digest, 'hex') as digest, entry_file.size,
      entry_file.executable as "isExecutable"
    from server_owner
    join entry on entry.source_id = server_owner.source_id and entry.name = server_owner.name
    left join entry_file on entry_file.entry_id = entry.id
    where server_owner.registry_id = ${registryId} and server_owner.name = ${name} and ${isVisibleName(visibility)}
    and ${ofVersion(version)} and ${notDeleted(false)}
    order by entry_file.path`);
  if (rows.length === 0) return null;
  return rows.flatMap(({ path, digest, size, isExecutable }) =>
    path === null || digest === null || size === null
      ? []
      : [{ path, digest, size, isExecutable: isExecutable === true }],
  );
}

const artifactRow = z.object({ key: z.string(), isArchive: z.boolean(), digest: z.string() });

/**
 * The stored artifacts of the latest versions of a registry's skills, by name and version with a space between them:
 * the archive, or the SKILL.md if it is the only file.
 */
export async function listArtifacts(
  database: Queries,
  { registryId, visibility }: SeenRegistry,
): Promise<ReadonlyMap<string, Artifact>> {
  const rows = await database.any(sql.type(artifactRow)`
    select distinct on (server_owner.name) server_owner.name || ' ' || entry.version as key, entry_file.path = '' as "isArchive",
      encode(entry_file.digest, 'hex') as digest
    from server_owner
    join entry on entry.source_id = server_owner.source_id and entry.name = server_owner.name and entry.is_latest
    join entry_file on entry_file.entry_id = entry.id and entry_file.path in ('', 'SKILL.md')
    where server_owner.registry_id = ${registryId} and ${isOfKind('skill', sql.fragment`server_owner`)}
    and ${isVisibleName(visibility)} and ${notDeleted(false)}
    order by server_owner.name, entry_file.path`);
  return new Map(rows.map(({ key, isArchive, digest }) => [key, { type: isArchive ? 'archive' : 'skill-md', digest }]));
}
