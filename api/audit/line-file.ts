/** A log file that other programs can rotate. */
import { type FileHandle, open, stat } from 'node:fs/promises';
import type { Logger } from 'pino';

/** Only the owner can read the file unless the operator changes that. */
const MODE = 0o600;
/** Maximum length of the lines that are buffered while the file can't be written. Newer ones are dropped. */
const MAX_HELD_LENGTH = 8 * 1024 * 1024;
/** Lines that couldn't be written are tried again after this time, or with the next line. */
const RETRY_MS = 1_000;

/**
 * Appends lines in order without making callers wait. Before each write it checks whether the file was renamed, deleted,
 * or replaced, and opens it again. A truncated file is continued at its end.
 */
export class LineFile {
  readonly #path: string;
  readonly #logger: Logger;
  #held: Buffer[] = [];
  #heldLength = 0;
  #lost = 0;
  #file: FileHandle | undefined;
  #writing: Promise<void> | undefined;
  #retry: NodeJS.Timeout | undefined;
  #isFailing = false;

  private constructor(path: string, logger: Logger) {
    this.#path = path;
    this.#logger = logger;
  }

  /**
   * @throws Error if the file can't be written, so that the problem is noticed at startup and not when an event is
   * lost.
   */
  static async open(path: string, logger: Logger): Promise<LineFile> {
    const file = new LineFile(path, logger);
    try {
      await file.#current();
    } catch (cause) {
      const why = cause instanceof Error ? cause.message : String(cause);
      throw new Error(`The audit log ${path} cannot be written: ${why}`, { cause });
    }
    return file;
  }

  write(line: string): void {
    const bytes = Buffer.from(line);
    if (this.#heldLength + bytes.length > MAX_HELD_LENGTH) {
      this.#lost += 1;
      return;
    }
    this.#held.push(bytes);
    this.#heldLength += bytes.length;
    this.#startWriting();
  }

  /** Writes the buffered lines. Lines that can't be written are lost. */
  async close(): Promise<void> {
    clearTimeout(this.#retry);
    await this.#writing;
    await this.#writeHeld();
    clearTimeout(this.#retry);
    if (this.#held.length > 0)
      this.#logger.error({ file: this.#path }, 'audit lines were lost: they cannot be written');
    await this.#file?.close();
    this.#file = undefined;
  }

  #startWriting(): void {
    if (this.#writing !== undefined) return;
    this.#writing = this.#writeHeld().finally(() => {
      this.#writing = undefined;
      if (this.#held.length > 0 && !this.#isFailing) this.#startWriting();
    });
  }

  /** Never fails. Errors are logged once, until a write succeeds again. */
  async #writeHeld(): Promise<void> {
    try {
      while (this.#held.length > 0) {
        await this.#append(await this.#current());
      }
      this.#noteSuccess();
    } catch (error) {
      this.#noteFailure(error);
    }
  }

  /** Writes the buffered lines. Written parts are removed from the buffer, so that no line is written twice. */
  async #append(file: FileHandle): Promise<void> {
    const bytes = Buffer.concat(this.#held);
    this.#held = [bytes];
    const { bytesWritten } = await file.write(bytes);
    const [, ...later] = this.#held;
    const rest = bytes.subarray(bytesWritten);
    this.#held = rest.length === 0 ? later : [rest, ...later];
    this.#heldLength -= bytesWritten;
  }

  /** The open file. Opens it again if it was replaced. */
  async #current(): Promise<FileHandle> {
    if (this.#file !== undefined && (await isAt(this.#file, this.#path))) return this.#file;
    const former = this.#file;
    this.#file = await open(this.#path, 'a', MODE);
    await former?.close();
    return this.#file;
  }

  #noteSuccess(): void {
    this.#isFailing = false;
    if (this.#lost === 0) return;
    this.#logger.error({ file: this.#path, lines: this.#lost }, 'audit lines were lost; the file is written again');
    this.#lost = 0;
  }

  #noteFailure(error: unknown): void {
    if (!this.#isFailing) {
      this.#logger.error({ err: error, file: this.#path }, 'audit lines cannot be written; they are held for a while');
    }
    this.#isFailing = true;
    clearTimeout(this.#retry);
    this.#retry = setTimeout(() => this.#startWriting(), RETRY_MS).unref();
  }
}

async function isAt(file: FileHandle, path: string): Promise<boolean> {
  const [opened, named] = await Promise.all([file.stat(), stat(path).catch(() => undefined)]);
  return named !== undefined && opened.ino === named.ino && opened.dev === named.dev;
}
