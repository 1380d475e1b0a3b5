/** What all fetches of this process hold of their snapshots at once. */
import { getHeapStatistics } from 'node:v8';

/**
 * What a character of a chunk costs in memory: one chunk is read while another is written, each as the documents, as
 * the rows for Postgres, and as what was needed to make them.
 */
const BYTES_PER_CHARACTER = 16;
/** Larger chunks bring no speed, smaller ones cost it. */
const MAX_CHUNK_CHARACTERS = 4 * 1024 * 1024;
const MIN_CHUNK_CHARACTERS = 128 * 1024;
/** The rest of the heap is for workflows, code, and single entries. */
const SHARE_OF_HEAP = 1 / 3;

/**
 * A number of bytes that all fetches share in equal parts: the more there are, the smaller the chunks of each. No fetch
 * waits for another.
 */
export class MemoryBudget {
  readonly #bytes: number;
  #holders = 0;

  /** @param bytes default: a third of what the process may use, by V8's heap limit or the container's memory limit */
  constructor(bytes = SHARE_OF_HEAP * availableBytes()) {
    this.#bytes = bytes;
  }

  /** The largest chunk that each holder may have now, in characters of documents. */
  get chunkCharacters(): number {
    const share = this.#bytes / BYTES_PER_CHARACTER / Math.max(1, this.#holders);
    return Math.min(MAX_CHUNK_CHARACTERS, Math.max(MIN_CHUNK_CHARACTERS, Math.floor(share)));
  }

  /** Counts one more that holds chunks. Returns what ends that; calling it again changes nothing. */
  hold(): () => void {
    this.#holders += 1;
    let isHeld = true;
    return () => {
      if (isHeld) this.#holders -= 1;
      isHeld = false;
    };
  }
}

function availableBytes(): number {
  const heap = getHeapStatistics().heap_size_limit;
  const container = process.constrainedMemory();
  return container > 0 ? Math.min(heap, container) : heap;
}
