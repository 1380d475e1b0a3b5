/** Finished bodies by their entity tags, bounded in bytes. */
import { LRUCache } from 'lru-cache';

/** What a body costs beside its bytes: its key, the buffer and the list's links. */
const OVERHEAD_BYTES = 400;

export class BodyCache {
  readonly #bodies: LRUCache<string, Buffer>;
  /** Bodies that are being made: many who ask at once for a body cause one query. */
  readonly #inTheMaking = new Map<string, Promise<unknown>>();

  constructor(maxBytes: number) {
    this.#bodies = new LRUCache({ maxSize: maxBytes, sizeCalculation: (body) => body.length + OVERHEAD_BYTES });
  }

  get(tag: string): Buffer | undefined {
    return this.#bodies.get(tag);
  }

  set(tag: string, body: Buffer): void {
    this.#bodies.set(tag, body);
  }

  /** The body that is held, or being made, or that `make` makes. A failure, or anything but a body, is not held. */
  async getOrMake<Made>(tag: string, make: () => Promise<Made>): Promise<Made | Buffer> {
    const known = this.#bodies.get(tag) ?? (this.#inTheMaking.get(tag) as Promise<Made> | undefined);
    if (known !== undefined) return known;
    const making = make();
    this.#inTheMaking.set(tag, making);
    try {
      const body = await making;
      if (Buffer.isBuffer(body)) this.#bodies.set(tag, body);
      return body;
    } finally {
      this.#inTheMaking.delete(tag);
    }
  }
}
