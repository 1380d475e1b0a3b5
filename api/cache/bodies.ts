/** Finished bodies, bounded in bytes. */
import { LRUCache } from 'lru-cache';
import { hash } from 'node:crypto';

/** Memory of a cached body besides its content: key, tag, buffer, and list links. */
const OVERHEAD_BYTES = 500;
/** Node sends the head and a text in one buffer. Up to this size, that is faster than two buffers without a copy. */
const SHORT_BYTES = 4096;

/** A body in one encoding. */
export interface Body {
  /** A text if it is short. */
  readonly content: string | Buffer;
  /** Size in bytes. */
  readonly length: number;
  /** A digest of the bytes before compression, for entity tags. */
  readonly digest: string;
}

export function bodyOf(text: string): Body {
  const length = Buffer.byteLength(text);
  const digest = hash('sha256', text, 'base64url').slice(0, 22);
  return { content: length > SHORT_BYTES ? Buffer.from(text) : text, length, digest };
}

/** Cached bodies. The key names everything that a body is made from. */
export class BodyCache {
  readonly #bodies: LRUCache<string, Body>;
  /** Bodies being made, so that many requests for the same body cause one query. */
  readonly #pending = new Map<string, Promise<unknown>>();

  constructor(maxBytes: number) {
    this.#bodies = new LRUCache({ maxSize: maxBytes, sizeCalculation: ({ length }) => length + OVERHEAD_BYTES });
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
  return typeof made === 'object' && made !== null && 'content' in made;
}
