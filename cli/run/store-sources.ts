import { configurationEvents } from '../../api/audit/events.ts';
import { openAuditLines } from '../../api/audit/lines.ts';
import { applicationConnection } from '../../config/connection.ts';
import { storeConfiguration } from '../../db/configuration/configuration.ts';
import { openDatabase } from '../../db/connection/database.ts';
import type { AuditEvent } from '../../registry/audit.ts';
import { createLogger } from '../../telemetry/logger.ts';
import type { CompleteConfiguration } from './roles.ts';

/** Writes the sources and registries of the configuration to Postgres. The worker then reconciles the actors. */
export async function storeSources(configuration: CompleteConfiguration): Promise<void> {
  const database = await openDatabase(await applicationConnection(configuration.database));
  const { audit, sources, sourceClaims, registries, registryName } = configuration;
  let events: readonly AuditEvent[] = [];
  try {
    await storeConfiguration(
      database,
      { sources, sourceClaims, registries, defaultRegistry: registryName },
      (changes) => (events = configurationEvents(audit, changes)),
    );
  } finally {
    await database.close();
  }
  await writeAuditLines(configuration, events);
}

async function writeAuditLines({ audit, log }: CompleteConfiguration, events: readonly AuditEvent[]): Promise<void> {
  if (events.length === 0) return;
  const lines = await openAuditLines(audit.logFile, createLogger('configuration', log));
  for (const event of events) lines.write(event);
  await lines.close();
}
