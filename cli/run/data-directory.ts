import { type Command, Option } from 'commander';
import { DEFAULT_DATA_DIRECTORY } from '../../embedded/data-folder.ts';

export interface DataDirectoryOption {
  readonly dataDir: string;
}

/** Adds `--data-dir`. */
export function addDataDirectoryOption(command: Command): Command {
  return command.addOption(
    new Option('--data-dir <folder>', 'data folder of the embedded PostgreSQL and Temporal')
      .env('ROLLCALL_DATA_DIR')
      .default(DEFAULT_DATA_DIRECTORY),
  );
}
