import type { RevisionNews } from '../../db/configuration/revisions.ts';

/** After more changed servers than this, all count as changed. */
const MAX_SERVERS = 10_000;

/**
 * A token for each server of a registry that stays the same while nothing about the server changes. Pages about one server
 * are cached under it, so that they survive changes of other servers.
 */
export class ServerTokens {
  #revision = -1;
  /** The token of the registry. */
  #current: string | undefined;
  /** The token of servers that haven't changed since. */
  #unchanged = '';
  readonly #changed = new Map<string, string>();

  /** Takes note of the registry's revision. All servers count as changed if it isn't known which ones did. */
  note({ revision, token, names }: Omit<RevisionNews, 'registryId'>): void {
    if (token !== undefined && token === this.#current) return;
    const isNext = revision === this.#revision + 1;
    this.#revision = revision;
    this.#current = token;
    const state = token ?? `revision ${revision}`;
    if (isNext && names !== undefined && this.#changed.size + names.length <= MAX_SERVERS) {
      for (const name of names) this.#changed.set(name, state);
    } else {
      this.#unchanged = state;
      this.#changed.clear();
    }
  }

  of(name: string): string {
    return this.#changed.get(name) ?? this.#unchanged;
  }
}
