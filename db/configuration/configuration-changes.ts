/** Finds the changes made by storing a configuration, by comparing the state before and after. */
import { sql } from 'slonik';
import { z } from 'zod';
import type { Transaction } from '../connection/database.ts';

export interface ConfigurationChange {
  readonly kind: 'source' | 'registry';
  readonly name: string;
  readonly change: 'added' | 'changed' | 'removed';
  /**
   * Changed members, by their configuration names: `origin`, `syncPolicy`, `claims`, `sources`, … Empty unless
   * `changed`.
   */
  readonly members: readonly string[];
}

const configuredRow = z.object({
  kind: z.enum(['source', 'registry']),
  name: z.string(),
  /** Digest of each member's value, by member name. */
  digests: z.record(z.string(), z.string()),
});
type ConfiguredRow = z.infer<typeof configuredRow>;

/**
 * Runs a change of the file's sources and registries, and returns the differences, ordered by kind and name. Excludes
 * the implicit default registry, because it is derived from the sources.
 */
export async function changesMadeBy(
  transaction: Transaction,
  change: () => Promise<unknown>,
): Promise<readonly ConfigurationChange[]> {
  const before = await readConfigured(transaction);
  await change();
  const after = await readConfigured(transaction);
  return [
    ...before
      .filter((row) => find(after, row) === undefined)
      .map((row) => ({ ...unchanged(row), change: 'removed' as const })),
    ...after.flatMap((row) => differencesOf(find(before, row), row)),
  ];
}

function differencesOf(before: ConfiguredRow | undefined, after: ConfiguredRow): ConfigurationChange[] {
  if (before === undefined) return [{ ...unchanged(after), change: 'added' }];
  const members = [...new Set([...Object.keys(before.digests), ...Object.keys(after.digests)])].filter(
    (member) => before.digests[member] !== after.digests[member],
  );
  return members.length === 0 ? [] : [{ ...unchanged(after), change: 'changed', members }];
}

function find(rows: readonly ConfiguredRow[], { kind, name }: ConfiguredRow): ConfiguredRow | undefined {
  return rows.find((row) => row.kind === kind && row.name === name);
}

function unchanged({ kind, name }: ConfiguredRow): Pick<ConfigurationChange, 'kind' | 'name' | 'members'> {
  return { kind, name, members: [] };
}

async function readConfigured(transaction: Transaction): Promise<readonly ConfiguredRow[]> {
  return await transaction.any(sql.type(configuredRow)`
    with configured as (
      select 'source' as kind, name, jsonb_build_object('claims', claim_set_id) || definition as members
      from source where origin = 'file' and detached_at is null
      union all
      select 'registry', name, jsonb_build_object('access', access, 'claims', claims, 'default', is_default, 'sources', array(
        select source.name from registry_source join source on source.id = registry_source.source_id
        where registry_id = registry.id order by position
      ))
      from registry where origin = 'file' and not is_implicit
    )
    select kind, name, (select jsonb_object_agg(key, md5(value::text)) from jsonb_each(members)) as digests
    from configured order by kind desc, name`);
}
