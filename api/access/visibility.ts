/**
 * Determines which entries of a registry a caller sees. SQL filters the entries by the ids of the claim sets that the
 * caller satisfies. This file only checks the claim sets, once for all callers with the same claims.
 */
import { LRUCache } from 'lru-cache';
import { hash } from 'node:crypto';
import { type ClaimSetRow, listClaimSets } from '../../db/claims/claim-sets.ts';
import type { Database } from '../../db/connection/database.ts';
import type { RegistryRow } from '../../db/configuration/registries.ts';
import type { Visibility } from '../../db/claims/visibility.ts';
import { maySee } from '../../registry/claims.ts';
import type { EntryKind } from '../../registry/entry-kind.ts';
import type { Caller } from './caller.ts';

/** A registry as a caller sees it. */
export interface RegistryView {
  readonly registry: RegistryRow;
  readonly visibility: Visibility;
  /** Equal for callers that see the same at the same revision. Part of the key of everything made from the view. */
  readonly key: string;
}

/** The part of a query that selects the entries of the view. `kind`: default servers. */
export function entriesOf(
  { registry, visibility }: RegistryView,
  kind: EntryKind = 'server',
): {
  readonly registryId: string;
  readonly visibility: Visibility;
  readonly kind: EntryKind;
} {
  return { registryId: registry.id, visibility, kind };
}

interface HeldClaimSets {
  readonly claimSetIds: readonly string[];
  readonly key: string;
}

/** Size of the cache, in bytes. An id is a short string in an array. */
const MAX_REMEMBERED_BYTES = 8 * 1024 * 1024;
const OVERHEAD_BYTES = 500;
const ID_BYTES = 32;
/** Number of registry states whose claim sets are cached. */
const MAX_STATES = 20;

/**
 * Determines what callers see, with one query for each new state of a registry. Claims of a name only change together
 * with the revision of the registries that show it, so results are valid as long as the revision.
 */
export class RegistryViews {
  readonly #database: Database;
  readonly #claimSets = new LRUCache<string, Promise<readonly ClaimSetRow[]>>({ max: MAX_STATES });
  readonly #held = new LRUCache<string, HeldClaimSets>({
    maxSize: MAX_REMEMBERED_BYTES,
    sizeCalculation: ({ claimSetIds }, key) => 2 * key.length + ID_BYTES * claimSetIds.length + OVERHEAD_BYTES,
  });

  constructor(database: Database) {
    this.#database = database;
  }

  /** The view of a caller on a registry that the caller can read. */
  async of(caller: Caller, registry: RegistryRow): Promise<RegistryView> {
    if (caller.seesEverything) return { registry, visibility: 'all', key: 'all' };
    const { claimSetIds, key } = await this.#heldBy(caller, registry);
    // Entries without claims are visible to everyone in public registries, and hidden elsewhere.
    const includeUntagged = registry.access === 'public';
    return { registry, visibility: { claimSetIds, includeUntagged }, key: `${key} ${includeUntagged}` };
  }

  async #heldBy(caller: Caller, registry: RegistryRow): Promise<HeldClaimSets> {
    const state = registry.revisionToken;
    const known = this.#held.get(`${state} ${caller.key}`);
    if (known !== undefined) return known;
    const claimSets = await this.#claimSetsAt(state);
    const claimSetIds = claimSets.filter(({ claims }) => maySee(caller.claims, claims)).map(({ id }) => id);
    const held = { claimSetIds, key: hash('sha256', claimSetIds.join(), 'base64url') };
    this.#held.set(`${state} ${caller.key}`, held);
    return held;
  }

  #claimSetsAt(state: string): Promise<readonly ClaimSetRow[]> {
    const known = this.#claimSets.get(state);
    if (known !== undefined) return known;
    const reading = listClaimSets(this.#database);
    this.#claimSets.set(state, reading);
    reading.catch(() => this.#claimSets.delete(state));
    return reading;
  }
}
