/** Finished bodies, bounded in bytes. */
import { LRUCache } from 'lru-cache';
import { hash } from 'node:crypto';

/** Memory of a cached body besides its bytes: key, tag, buffer, and list links. */
const OVERHEAD_BYTES = 500;

/** A body in one encoding. */
export interface Body {
  readonly bytes: Buffer;
  /** A digest of the bytes before compression, for entity tags. */
  readonly digest: string;
}

export function bodyOf(text: string): Body {
  return { bytes: Buffer.from(text), digest: hash('sha256', text, 'base64url').slice(0, 22) };
}

/** Cached bodies. The key names everything that a body is made from. */
export class BodyCache {
  readonly #bodies: LRUCache<string, Body>;
  /** Bodies being made, so that many requests for the same body cause one query. */
  readonly #pending = new Map<string, Promise<unknown>>();

  constructor(maxBytes: number) {
    this.#bodies = new LRUCache({ maxSize: maxBytes, sizeCalculation: ({ bytes }) => bytes.length + OVERHEAD_BYTES });
  }

  /** Bytes of all bodies, overhead included. */
  get heldBytes(): number {
    return this.#bodies.calculatedSize;
  }

  get(key: string): Body | undefined {
    return this.#bodies.get(key);
  }

  set(key: string, body: Body): void {
    this.#bodies.set(key, body);
  }

  /** The cached or pending body, or the one that `make` makes. Failures, and streams instead of bodies, aren't cached. */
  async getOrMake<Stream = never>(key: string, make: () => Promise<Body | Stream>): Promise<Body | Stream> {
    const known = this.#bodies.get(key) ?? (this.#pending.get(key) as Promise<Body | Stream> | undefined);
    if (known !== undefined) return known;
    const making = make();
    this.#pending.set(key, making);
    try {
      const made = await making;
      if (isBody(made)) this.#bodies.set(key, made);
      return made;
    } finally {
      this.#pending.delete(key);
    }
  }
}

export function isBody(made: unknown): made is Body {
  return typeof made === 'object' && made !== null && 'bytes' in made;
}
