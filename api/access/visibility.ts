/**
 * What of a registry a caller sees. Which entries those are is decided in SQL, by the ids of the claim sets that the
 * caller holds: here only the few claim sets are judged, once for all callers with the same claims.
 */
import { LRUCache } from 'lru-cache';
import { hash } from 'node:crypto';
import { type ClaimSetRow, listClaimSets } from '../../db/claims/claim-sets.ts';
import type { Database } from '../../db/connection/database.ts';
import type { RegistryRow } from '../../db/configuration/registries.ts';
import type { Visibility } from '../../db/claims/visibility.ts';
import { maySee } from '../../registry/claims.ts';
import type { Caller } from './caller.ts';

/** A registry as somebody sees it. */
export interface RegistryView {
  readonly registry: RegistryRow;
  readonly visibility: Visibility;
  /** Equal for those who see the same at the same revision: part of the key of everything that is made from the view. */
  readonly key: string;
}

/** The part of a query that says whose entries are meant. */
export function entriesOf({ registry, visibility }: RegistryView): {
  readonly registryId: string;
  readonly visibility: Visibility;
} {
  return { registryId: registry.id, visibility };
}

interface HeldClaimSets {
  readonly claimSetIds: readonly string[];
  readonly key: string;
}

/** What is remembered at most, in bytes: an id is a text of a few characters in an array. */
const MAX_REMEMBERED_BYTES = 8 * 1024 * 1024;
const OVERHEAD_BYTES = 500;
const ID_BYTES = 32;
/** Of how many states of registries the claim sets are kept, for the next caller. */
const MAX_STATES = 20;

/**
 * Finds out what callers see, with one query for a state of a registry that nobody has asked about yet. A name gets
 * other claims only together with a new revision of the registries that show it, so what was found out holds as long as
 * the revision.
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

  /** What the caller sees of a registry that he may see. */
  async of(caller: Caller, registry: RegistryRow): Promise<RegistryView> {
    if (caller.seesEverything) return { registry, visibility: 'all', key: 'all' };
    const { claimSetIds, key } = await this.#heldBy(caller, registry);
    // Where nobody needs claims to read a registry, what asks for none is everybody's. Elsewhere it is nobody's.
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
