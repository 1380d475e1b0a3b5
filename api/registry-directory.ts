/** The served registries and their revisions, which are part of the key of every cached page. */
import type { Database } from '../db/connection/database.ts';
import { listRegistries, type RegistryRow } from '../db/configuration/registries.ts';
import type { Gauge } from '../telemetry/gauges.ts';
import type { RegistryRevision, RevisionNews } from '../db/configuration/revisions.ts';
import { ServerTokens } from './cache/server-tokens.ts';

/**
 * The registries that this process knows. While the LISTEN connection is up, changes arrive as notifications and a lookup
 * costs no query. While it is down, each lookup reads the revisions.
 */
export class RegistryDirectory {
  readonly #database: Database;
  #registries: ReadonlyMap<string, RegistryRow> = new Map();
  #default: RegistryRow | undefined;
  /** The tokens of servers, by registry id. */
  readonly #servers = new Map<string, ServerTokens>();
  readonly #maxStaleMs: number;
  #isListening = false;
  #isAvailable = true;
  /** When the registries were last known to be current, and whether reading them has failed since. */
  #currentAt = 0;
  #isStale = false;
  /** Whether the registries have been read since notifications started to arrive. */
  #isComplete = false;
  /** The current read, and the one that starts after it. */
  #reading: Promise<void> = Promise.resolve();
  #nextReading: Promise<void> | undefined;
  /** Notifications that arrived during a read, whose result can be older. */
  readonly #notified = new Map<string, RegistryRevision>();

  /** @param maxStaleMs how long the last known registries are served while they can't be read */
  constructor(database: Database, maxStaleMs: number) {
    this.#database = database;
    this.#maxStaleMs = maxStaleMs;
  }

  /**
   * The registry of this name, or the default registry; undefined if it doesn't exist. While the database is unavailable,
   * the last known state is returned, so that cached pages can be served.
   *
   * @throws the database's error if the registries were never read, or too long ago.
   */
  async find(name: string | undefined): Promise<RegistryRow | undefined> {
    const known = this.#known(name);
    if (known !== undefined && this.#isFollowing()) return known;
    try {
      await this.refresh();
    } catch (error) {
      this.#isStale = true;
      if (known === undefined || this.#isTooOld()) throw error;
    }
    return this.#known(name);
  }

  /** Identifies the state of a server in a registry: it stays the same while only other servers change. */
  serverToken({ id, revisionToken }: RegistryRow, name: string): string {
    return this.#servers.get(id)?.of(name) ?? revisionToken;
  }

  /** How many registries are served. Reads them if they were never read. @throws the database's error */
  async count(): Promise<number> {
    if (this.#registries.size === 0) await this.refresh();
    return this.#registries.size;
  }

  /** How many registries can be served from memory while the database is unavailable; 0 after `maxStale`. */
  countInMemory(): number {
    return this.#isTooOld() ? 0 : this.#registries.size;
  }

  /** Milliseconds since the registries were last known to be current; undefined if they are current. */
  staleMs(): number | undefined {
    return this.#isStale && !this.#isFollowing() ? Date.now() - this.#currentAt : undefined;
  }

  /** Whether the database is available. Once it is available again, the next lookup reads all registries. */
  noteAvailable(isAvailable: boolean): void {
    this.#noteUntilNow();
    this.#isAvailable = isAvailable;
    this.#isComplete = false;
  }

  /** Reads all registries, starting after this call, so that everything committed before is seen. */
  refresh(): Promise<void> {
    this.#nextReading ??= this.#readAfter(this.#reading);
    return this.#nextReading;
  }

  /** Takes note of a new revision. If that isn't enough to know the registry's state, the next lookup reads all registries. */
  noteRevision(news: RevisionNews): void {
    this.#servers.get(news.registryId)?.note(news);
    this.#notified.set(news.registryId, news);
    const registries = [...this.#registries.values()];
    const registry = registries.find(({ id }) => id === news.registryId);
    if (registry !== undefined && registry.revisionToken === news.token) return;
    if (registry !== undefined && isNewer(news, registry)) {
      this.#hold(registries.map((row) => (row === registry ? withRevision(row, news) : row)));
    } else {
      // An unknown registry, an older revision than the known one, or a restored database.
      this.#isComplete = false;
    }
  }

  /** These are all registries. If they differ from what is known, the next look-up reads them. */
  noteRevisions(all: readonly RegistryRevision[]): void {
    const tokens = new Set(all.map(({ token }) => token));
    const known = [...this.#registries.values()];
    if (tokens.size === known.length && known.every((row) => tokens.has(row.revisionToken))) return;
    this.#isComplete = false;
  }

  /**
   * Whether notifications arrive. Once they arrive again, the next lookup reads what was missed.
   */
  noteListening(isListening: boolean): void {
    this.#noteUntilNow();
    this.#isListening = isListening;
    this.#isComplete = false;
  }

  /** Whether the database is available, and whether changes of registries arrive as notifications. */
  gauges(): readonly Gauge[] {
    return [
      {
        name: 'rollcall.database.available',
        description: '1 while the database responds, otherwise 0',
        points: [{ value: this.#isAvailable ? 1 : 0 }],
      },
      {
        name: 'rollcall.revisions.listening',
        description: '1 while the LISTEN connection is up, otherwise 0: then each read asks the database for revisions',
        points: [{ value: this.#isListening ? 1 : 0 }],
      },
      {
        name: 'rollcall.registries.loaded',
        description: 'Registries that this process knows',
        points: [{ value: this.#registries.size }],
      },
    ];
  }

  /** Whether all changes have arrived as notifications. */
  #isFollowing(): boolean {
    return this.#isListening && this.#isAvailable && this.#isComplete;
  }

  #isTooOld(): boolean {
    return !this.#isFollowing() && Date.now() - this.#currentAt > this.#maxStaleMs;
  }

  #noteUntilNow(): void {
    if (this.#isFollowing()) this.#currentAt = Date.now();
  }

  #known(name: string | undefined): RegistryRow | undefined {
    return name === undefined ? this.#default : this.#registries.get(name);
  }

  async #readAfter(reading: Promise<void>): Promise<void> {
    await reading.catch(() => undefined);
    this.#nextReading = undefined;
    this.#reading = this.#read();
    return this.#reading;
  }

  async #read(): Promise<void> {
    this.#notified.clear();
    this.#isComplete = true;
    const rows = await listRegistries(this.#database).catch((error: unknown) => {
      this.#isComplete = false;
      throw error;
    });
    this.#isStale = false;
    this.#currentAt = Date.now();
    this.#hold(
      rows.map((row) => {
        const news = this.#notified.get(row.id);
        return news !== undefined && isNewer(news, row) ? withRevision(row, news) : row;
      }),
    );
  }

  #hold(rows: readonly RegistryRow[]): void {
    for (const { id, revision, revisionToken } of rows) {
      const servers = this.#servers.get(id) ?? new ServerTokens();
      servers.note({ revision, token: revisionToken });
      this.#servers.set(id, servers);
    }
    this.#registries = new Map(rows.map((row) => [row.name, row]));
    this.#default = rows.find((row) => row.isDefault);
  }
}

/** Whether a notification has a later revision than the known row, and a token that identifies it. */
function isNewer({ revision, token }: RegistryRevision, row: RegistryRow): boolean {
  return token !== undefined && revision > row.revision;
}

function withRevision(row: RegistryRow, { revision, token = row.revisionToken }: RegistryRevision): RegistryRow {
  return { ...row, revision, revisionToken: token };
}
