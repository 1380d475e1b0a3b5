/** Reads a document from a file or from standard input. */
import { readFile } from 'node:fs/promises';
import { text } from 'node:stream/consumers';
import { describeError } from '../../telemetry/describe-error.ts';
import { CommandFailure } from './failure.ts';

/** Returns the text of the file, or of standard input for `-`. */
export async function readDocumentText(path: string): Promise<string> {
  try {
    return path === '-' ? await text(process.stdin) : await readFile(path, 'utf8');
  } catch (error) {
    const isFolder = error instanceof Error && 'code' in error && error.code === 'EISDIR';
    throw new CommandFailure(`Can't read ${path}: ${isFolder ? 'it is a folder' : describeError(error)}`);
  }
}
