import { applicationConnection } from '../../../config/connection.ts';
import { describeDatabaseFailure } from '../../../config/connection-failure.ts';
import type { DatabaseSettings } from '../../../config/model.ts';
import { askDatabaseServer } from '../../../db/connection/server-information.ts';
import { migrationStatus } from '../../../db/upkeep/migrations.ts';
import { type Finding, ok, problem } from '../finding.ts';
import { clockFinding } from './machine.ts';

/** Checks the database with the application's own login. */
export async function checkDatabase(settings: DatabaseSettings): Promise<Finding[]> {
  try {
    const connection = await applicationConnection(settings);
    const sentAt = Date.now();
    const { now, version } = await askDatabaseServer(connection);
    const clock = clockFinding('the database', now.getTime(), { sentAt, answeredAt: Date.now() });
    const where = `PostgreSQL ${version} at ${settings.host}:${settings.port}`;
    return [
      ok(`${where} accepts user ${settings.user}`),
      ...migrationFindings(await migrationStatus(connection)),
      clock,
    ];
  } catch (error) {
    return [
      problem(
        `The database can't be used: ${describeDatabaseFailure(error, settings)}`,
        'correct the setting that the message names',
      ),
    ];
  }
}

function migrationFindings(migrations: Awaited<ReturnType<typeof migrationStatus>>): Finding[] {
  const missing = migrations.filter(({ appliedAt }) => appliedAt === null);
  if (missing.length === 0) return [ok(`The schema is up to date: ${migrations.length} migrations`)];
  return [
    problem(
      `${missing.length} migrations are missing`,
      'run `rollcall migrate up --config FILE`, then restart Rollcall',
    ),
  ];
}
