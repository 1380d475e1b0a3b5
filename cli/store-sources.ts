import { applicationConnection } from '../config/connection.ts';
import { storeConfiguration } from '../db/configuration.ts';
import { openDatabase } from '../db/connection.ts';
import type { CompleteConfiguration } from './roles.ts';

/** Makes the sources and registries in Postgres those of the configuration; the worker then makes the actors agree. */
export async function storeSources(configuration: CompleteConfiguration): Promise<void> {
  const database = await openDatabase(await applicationConnection(configuration.database));
  const { sources, sourceClaims, registries, registryName } = configuration;
  try {
    await storeConfiguration(database, { sources, sourceClaims, registries, defaultRegistry: registryName });
  } finally {
    await database.close();
  }
}
