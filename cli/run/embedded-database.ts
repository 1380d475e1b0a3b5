import { resolve } from 'node:path';
import { takeDataFolder } from '../../embedded/data-folder.ts';
import { type EmbeddedPostgres, hasEmbeddedPostgres, startEmbeddedPostgres } from '../../embedded/postgres.ts';
import { CommandFailure } from '../terminal/failure.ts';

/** Runs the PostgreSQL of a data folder just for this; refused while a `serve` has the folder. */
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

/** For work that a new and empty database is no use for. */
export async function assertEmbeddedPostgresExists(dataDirectory: string): Promise<void> {
  if (await hasEmbeddedPostgres(dataDirectory)) return;
  throw new CommandFailure(
    `There is no database in ${resolve(dataDirectory)} yet: \`rollcall serve\` creates it, and brings it up to date`,
  );
}
