import { resolve } from 'node:path';
import { takeDataFolder } from '../../embedded/data-folder.ts';
import { type EmbeddedPostgres, startEmbeddedPostgres } from '../../embedded/postgres.ts';
import { hasEmbeddedPostgres } from '../../embedded/postgres-cluster.ts';
import { CommandFailure } from '../terminal/failure.ts';

/** Starts the PostgreSQL of a data folder for one piece of work. Fails while `serve` uses the folder. */
export async function withEmbeddedPostgres(
  dataDirectory: string,
  work: (postgres: EmbeddedPostgres) => Promise<void>,
): Promise<void> {
  const dataFolder = await takeDataFolder(dataDirectory, { pid: process.pid });
  try {
    const postgres = await startEmbeddedPostgres({ dataDirectory: dataFolder.path });
    try {
      await work(postgres);
    } finally {
      await postgres.process.stop();
    }
  } finally {
    await dataFolder.release();
  }
}

/** @throws CommandFailure if the data folder has no database yet */
export function assertEmbeddedPostgresExists(dataDirectory: string): void {
  if (hasEmbeddedPostgres(dataDirectory)) return;
  throw new CommandFailure(`No database in ${resolve(dataDirectory)} yet: \`rollcall serve\` creates and migrates it`);
}
