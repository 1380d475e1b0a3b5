/** Look-ups of single versions. Those that start in the same turn of the event loop share a statement. */
import DataLoader from 'dataloader';
import type { Database } from '../connection/database.ts';
import type { EntryRow } from './entry-rows.ts';
import { findEntries, type VersionQuery } from './versions.ts';

/** Documents have at most 1 MiB, so that a statement returns at most 8 MiB. */
const MAX_AT_ONCE = 8;

export class LookUps {
  readonly #loader: DataLoader<VersionQuery, EntryRow | null>;

  constructor(database: Database) {
    this.#loader = new DataLoader((queries) => findEntries(database, queries), {
      // `api/cache/pages.ts` caches the pages.
      cache: false,
      maxBatchSize: MAX_AT_ONCE,
      batchScheduleFn: (send) => void setImmediate(send),
    });
  }

  /** Finds one version of one server in a registry. */
  async find(query: VersionQuery): Promise<EntryRow | null> {
    return await this.#loader.load(query);
  }
}
