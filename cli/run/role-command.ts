/** The commands `api` and `worker`: one process each, with an external database and Temporal. */
import { applicationConnection } from '../../config/connection.ts';
import { describeDatabaseFailure } from '../../config/connection-failure.ts';
import type { Configuration } from '../../config/model.ts';
import { migrationStatus } from '../../db/upkeep/migrations.ts';
import {
  type AddressOptions,
  type ConfigurationFileOption,
  loadConfigurationFile,
  withAddresses,
} from './configuration.ts';
import { CommandFailure } from '../terminal/failure.ts';
import { failingInLog, loggedRun, openLog } from './process-log.ts';
import { type CompleteConfiguration, type Role, runRole } from './roles.ts';
import { untilToldToStop } from './stop-signal.ts';
import { storeSources } from './store-sources.ts';

export async function runRoleCommand(role: Role, options: ConfigurationFileOption & AddressOptions): Promise<void> {
  const signal = untilToldToStop();
  const given = await failingInLog(role, { log: {} }, async () =>
    withAddresses(await loadConfigurationFile(options.config), options),
  );
  const logger = openLog(role, given);
  await failingInLog(role, given, async () => {
    const configuration = complete(role, given);
    await loggedRun({ role, configuration, logger }, async () => {
      await refuseUnmigrated(configuration);
      // Only the worker stores the configured sources; an api serves what the database contains.
      if (role === 'worker') await storeSources(configuration);
      await runRole(role, { configuration, logger, signal, onReady: () => undefined });
    });
  });
}

function complete(role: Role, configuration: Configuration): CompleteConfiguration {
  const { database, temporal } = configuration;
  if (database === undefined || temporal.address === undefined) {
    throw new CommandFailure(
      `\`rollcall ${role}\` needs \`database\` and \`temporal.address\` in the configuration; only \`rollcall serve\` starts its own`,
    );
  }
  return { ...configuration, database, temporal: { ...temporal, address: temporal.address } };
}

async function refuseUnmigrated({ database }: CompleteConfiguration): Promise<void> {
  const connection = await applicationConnection(database);
  const migrations = await migrationStatus(connection).catch((error: unknown) => {
    throw new CommandFailure(`The database can't be used: ${describeDatabaseFailure(error, database)}`);
  });
  const missing = migrations.filter(({ appliedAt }) => appliedAt === null);
  if (missing.length === 0) return;
  throw new CommandFailure(
    `The database schema is outdated (${missing.length} pending migrations): run \`rollcall migrate up --config FILE\` first`,
  );
}
