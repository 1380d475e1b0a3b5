/** A destination of the log that writes lines together. */
import { type DestinationStream, pino } from 'pino';

/** A system call for each line would cost more than the line. */
const BATCH_LENGTH = 32 * 1024;
const MAX_HELD_MS = 100;
/** A reader that has stopped reading must not stop the process. Newer lines are dropped. */
const MAX_WAITING_BYTES = 8 * 1024 * 1024;

/**
 * Lines go to the file descriptor when there are 32 KiB of them, after 100 ms, and when the process ends. pino's
 * destination has such an option as well, but with it each line copies and measures all lines that wait.
 */
export class LineBatches implements DestinationStream {
  readonly #destination;
  #held = '';
  #timer: NodeJS.Timeout | undefined;

  constructor(descriptor: number) {
    this.#destination = pino.destination({
      dest: descriptor,
      sync: false,
      // The least with which `flush` waits for what is being written.
      minLength: 1,
      maxLength: MAX_WAITING_BYTES,
    });
    // Before the destination's own handlers, which write what it has by then.
    process.prependListener('beforeExit', () => this.#pass());
    process.prependListener('exit', () => this.#pass());
  }

  write(line: string): void {
    this.#held += line;
    if (this.#held.length >= BATCH_LENGTH) this.#pass();
    else this.#timer ??= setTimeout(() => this.#pass(), MAX_HELD_MS).unref();
  }

  /** Calls back when all lines are written. */
  flush(callback: (error?: Error | null) => void): void {
    this.#pass();
    this.#destination.flush(callback);
  }

  #pass(): void {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    if (this.#held !== '') this.#destination.write(this.#held);
    this.#held = '';
  }
}
