import { takeDataFolder } from '../embedded/data-folder.ts';
import { type EmbeddedPostgres, startEmbeddedPostgres } from '../embedded/postgres.ts';

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
