/** Limits the memory that all fetches of this process use for their snapshots. */
import { getHeapStatistics } from 'node:v8';

/**
 * Memory per character of a chunk. One chunk is read while another is written, each as documents, as rows for Postgres, and as
 * intermediate results.
 */
const BYTES_PER_CHARACTER = 16;
/** Larger chunks aren't faster, smaller ones are slower. */
const MAX_CHUNK_CHARACTERS = 4 * 1024 * 1024;
const MIN_CHUNK_CHARACTERS = 128 * 1024;
/** The rest of the heap is for workflows, code, and single entries. */
const SHARE_OF_HEAP = 1 / 3;

/** A number of bytes that all fetches share equally: the more fetches, the smaller their chunks. No fetch waits for another. */
export class MemoryBudget {
  readonly #bytes: number;
  #holders = 0;

  /** @param bytes default: a third of what the process can use, by V8's heap limit or the container's memory limit */
  constructor(bytes = SHARE_OF_HEAP * availableBytes()) {
    this.#bytes = bytes;
  }

  /** The largest chunk that each holder can have now, in characters of documents. */
  get chunkCharacters(): number {
    const share = this.#bytes / BYTES_PER_CHARACTER / Math.max(1, this.#holders);
    return Math.min(MAX_CHUNK_CHARACTERS, Math.max(MIN_CHUNK_CHARACTERS, Math.floor(share)));
  }

  /** Registers a holder of chunks. Returns a function that removes it; calling that again has no effect. */
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
