/** Secrets that a test plants everywhere, and the search for them. */
import { randomBytes } from 'node:crypto';
import { readdir, readFile } from 'node:fs/promises';

/** Which secret was found where, without the secret itself. */
export interface Find {
  readonly secret: string;
  readonly place: string;
}

export class PlantedSecrets {
  /** The secrets that have a place where they can be seen. */
  readonly #places = new Map<string, RegExp>();
  /** Each secret in all its forms: plain, and encoded in several ways. */
  readonly #forms = new Map<string, readonly string[]>();

  /**
   * Makes up a secret; `username`: it is sent together with one in basic authentication; `shownIn`: where its author can read it
   * again.
   */
  plant(name: string, { username, shownIn }: { username?: string; shownIn?: RegExp } = {}): string {
    const secret = `planted-${randomBytes(12).toString('hex')}`;
    const basic = Buffer.from(`${username ?? ''}:${secret}`).toString('base64');
    this.#forms.set(name, [secret, ...(username === undefined ? [] : [basic])]);
    if (shownIn !== undefined) this.#places.set(name, shownIn);
    return secret;
  }

  /** Registers a token; for a JWT, its signature alone reveals it. */
  add(name: string, token: string): string {
    this.#forms.set(name, [token.split('.').at(-1) ?? token]);
    return token;
  }

  get names(): string[] {
    return [...this.#forms.keys()];
  }

  /** The secrets in a text. */
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

/** The output of `ps` for every process of the machine, polled continuously. */
export class ProcessArguments {
  readonly #seen = new Set<string>();
  readonly #stopping = new AbortController();
  readonly #watching = this.#watch();

  /** Everything seen so far, one line each. */
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
      // It has ended in the meantime.
      const lines = await Promise.all(processes.map((id) => readFile(`/proc/${id}/cmdline`, 'utf8').catch(() => '')));
      for (const line of lines) this.#seen.add(line.replaceAll('\0', ' '));
      await new Promise((resolve) => setTimeout(resolve, 5));
    }
  }
}
