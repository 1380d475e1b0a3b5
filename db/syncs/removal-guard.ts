import type { EntryKind } from '../../registry/entry-kind.ts';
import { RollcallError } from '../../registry/failure.ts';

/** Below this number of live entries, the share isn't checked, because it means little. */
const SHARE_APPLIES_FROM = 10;

/** Limits for the removals by complete snapshots. */
export interface RemovalRules {
  /** Override the removal guard. */
  readonly force: boolean;
  /** Maximum share (0 to 1) of the live entries to remove at once. */
  readonly maxRemoval: number;
  /** Whether the source is authoritative, so that the removal guard doesn't apply. Default false. */
  readonly authoritative?: boolean;
  /** Whether the source's current filter excludes an entry, so that its removal is intended. */
  readonly filterExcludes: (name: string, tags: readonly string[]) => boolean;
}

/** The entries that a complete snapshot would remove from a source. */
export interface Removal {
  readonly kind: EntryKind;
  /** Live entries of the kind that the snapshot lacks. */
  readonly vanishing: readonly { readonly name: string; readonly tags: readonly string[] }[];
  /** Number of live entries of the kind before. */
  readonly live: number;
  /** Number of entries of all kinds in the snapshot. */
  readonly entries: number;
}

/**
 * Refuses a snapshot that removes more of one kind than is plausible: an upstream that lost its data must not empty the registry.
 * Entries that the filter excludes aren't counted.
 *
 * @throws RollcallError `EmptySnapshot` or `RemovalGuard`
 */
export function assertRemovalIsMeant(
  removal: Removal,
  { maxRemoval, filterExcludes }: Pick<RemovalRules, 'maxRemoval' | 'filterExcludes'>,
): void {
  const unexplained = removal.vanishing.filter(({ name, tags }) => !filterExcludes(name, tags)).length;
  if (unexplained === 0) return;
  const considered = removal.live - (removal.vanishing.length - unexplained);
  if (removal.entries === 0) {
    throw new RollcallError(
      'EmptySnapshot',
      `The upstream has no entries, but ${considered} are served. Nothing was removed. If this is intended, sync with force.`,
    );
  }
  if (considered < SHARE_APPLIES_FROM) return;
  if (unexplained === considered || unexplained / considered > maxRemoval) {
    throw new RollcallError(
      'RemovalGuard',
      `${unexplained} of ${considered} ${removal.kind === 'server' ? 'entries' : `${removal.kind}s`} are no longer in the upstream, more than the source allows ` +
        `(maxRemoval ${maxRemoval}). Nothing was removed. If this is intended, sync with force.`,
    );
  }
}
