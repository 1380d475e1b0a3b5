/** Reading a server.json that a command was given. */
import { readFile } from 'node:fs/promises';
import { text } from 'node:stream/consumers';
import { CommandFailure, describeError } from './failure.ts';

/** The text of the file, or of standard input for `-`. */
export async function readDocumentText(path: string): Promise<string> {
  try {
    return path === '-' ? await text(process.stdin) : await readFile(path, 'utf8');
  } catch (error) {
    throw new CommandFailure(`${path} can't be read: ${describeError(error)}`);
  }
}
