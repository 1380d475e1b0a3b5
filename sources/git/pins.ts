/**
 * The commits that the entries of a scanned repository are pinned to: the last ones in which a sync saw a change of
 * their folder.
 */
import { z } from 'zod';
import { commitVersion, type PinnedFolder } from '../../registry/scan/found.ts';

const pin = z.object({ tree: z.string(), commit: z.string(), version: z.string() });
/** The stored pins, by the path of their folder. */
export const storedPins = z.record(z.string(), pin);
export type StoredPins = z.output<typeof storedPins>;

interface PinsOptions {
  readonly commit: string;
  /** Time of the commit (RFC 3339). */
  readonly committedAt: string;
  readonly previous: StoredPins;
  /** The IDs of folders at the commit, by path. */
  readonly trees: ReadonlyMap<string, string>;
}

/**
 * Keeps the pin of a folder while its content is the same, so that a commit changes only the entries whose folders it
 * touches.
 */
export class Pins {
  readonly #options: PinsOptions;
  readonly #current: Record<string, z.output<typeof pin>> = {};

  constructor(options: PinsOptions) {
    this.#options = options;
  }

  get current(): StoredPins {
    return this.#current;
  }

  of(folder: string): PinnedFolder {
    const { commit, committedAt, previous, trees } = this.#options;
    const tree = trees.get(folder) ?? '';
    const before = Object.hasOwn(previous, folder) ? previous[folder] : undefined;
    const current = before?.tree === tree ? before : { tree, commit, version: commitVersion(commit, committedAt) };
    this.#current[folder] = current;
    return { folder, commit: current.commit, version: current.version };
  }
}
