/** Secrets that a test hides everywhere, and what looks for them afterwards. */
import { randomBytes } from 'node:crypto';
import { readdir, readFile } from 'node:fs/promises';

/** Which secret was found where; never the secret itself. */
export interface Find {
  readonly secret: string;
  readonly place: string;
}

export class PlantedSecrets {
  /** Of the secrets that have a place where they are to be seen. */
  readonly #places = new Map<string, RegExp>();
  /** What each secret looks like on its way: as it is, and in the ways that it is encoded. */
  readonly #forms = new Map<string, readonly string[]>();

  /**
   * Makes up a secret; `username`: it is sent together with one in basic authentication; `shownIn`: where whoever wrote it
   * reads it again.
   */
  plant(name: string, { username, shownIn }: { username?: string; shownIn?: RegExp } = {}): string {
    const secret = `planted-${randomBytes(12).toString('hex')}`;
    const basic = Buffer.from(`${username ?? ''}:${secret}`).toString('base64');
    this.#forms.set(name, [secret, ...(username === undefined ? [] : [basic])]);
    if (shownIn !== undefined) this.#places.set(name, shownIn);
    return secret;
  }

  /** Takes a token; where it is a JWT, its signature alone gives it away. */
  add(name: string, token: string): string {
    this.#forms.set(name, [token.split('.').at(-1) ?? token]);
    return token;
  }

  get names(): string[] {
    return [...this.#forms.keys()];
  }

  /** The secrets that are in a text. */
  in(text: string): string[] {
    return [...this.#forms].flatMap(([name, forms]) => (forms.some((form) => text.includes(form)) ? [name] : []));
  }

  find(places: Readonly<Record<string, string>>): Find[] {
    return Object.entries(places).flatMap(([place, text]) =>
      this.in(text)
        .filter((secret) => this.#places.get(secret)?.test(place) !== true)
        .map((secret) => ({ secret, place })),
    );
  }
}

/** What `ps` shows of every process of the machine, looked at again and again. */
export class ProcessArguments {
  readonly #seen = new Set<string>();
  readonly #stopping = new AbortController();
  readonly #watching = this.#watch();

  /** All that was seen so far, a line for each. */
  get text(): string {
    return [...this.#seen].join('\n');
  }

  async stop(): Promise<void> {
    this.#stopping.abort();
    await this.#watching;
  }

  async #watch(): Promise<void> {
    while (!this.#stopping.signal.aborted) {
      const processes = (await readdir('/proc')).filter((name) => /^\d+$/.test(name));
      // One that has ended meanwhile has nothing to show.
      const lines = await Promise.all(processes.map((id) => readFile(`/proc/${id}/cmdline`, 'utf8').catch(() => '')));
      for (const line of lines) this.#seen.add(line.replaceAll('\0', ' '));
      await new Promise((resolve) => setTimeout(resolve, 5));
    }
  }
}
