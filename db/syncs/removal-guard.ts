import { RollcallError } from '../../registry/failure.ts';

/** Sources with fewer live entries may lose any share of them: a share of a handful says nothing. */
const SHARE_APPLIES_FROM = 10;

/** What a complete snapshot would take away from a source. */
export interface Removal {
  /** Live entries that the snapshot does not hold. */
  readonly vanishing: readonly { readonly name: string; readonly tags: readonly string[] }[];
  /** Live entries of the source before. */
  readonly live: number;
  /** Entries that the snapshot holds. */
  readonly entries: number;
  /** The largest share (0 to 1) of the live entries that may go at once. */
  readonly maxRemoval: number;
  /** Whether the source's filter, as it is now, excludes an entry: then its removal was asked for. */
  readonly filterExcludes: (name: string, tags: readonly string[]) => boolean;
}

/**
 * Refuses a snapshot that takes away more than can be meant, with `EmptySnapshot` or `RemovalGuard`: an upstream that
 * lost its data must not empty the registry. What the operator has filtered out does not count on either side.
 */
export function assertRemovalIsMeant(removal: Removal): void {
  const unexplained = removal.vanishing.filter(({ name, tags }) => !removal.filterExcludes(name, tags)).length;
  if (unexplained === 0) return;
  const considered = removal.live - (removal.vanishing.length - unexplained);
  if (removal.entries === 0) {
    throw new RollcallError(
      'EmptySnapshot',
      `The upstream has no entries, while ${considered} are served. They stay; if they are really gone, sync with force.`,
    );
  }
  if (considered < SHARE_APPLIES_FROM) return;
  if (unexplained === considered || unexplained / considered > removal.maxRemoval) {
    throw new RollcallError(
      'RemovalGuard',
      `${unexplained} of ${considered} entries are no longer in the upstream, more than the source allows ` +
        `(maxRemoval ${removal.maxRemoval}). They stay; if they are really gone, sync with force.`,
    );
  }
}
