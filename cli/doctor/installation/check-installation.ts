/** Everything that an installation needs to work, checked from this machine. */
import { join } from 'node:path';
import type { Configuration } from '../../../config/model.ts';
import { readOccupant } from '../../../embedded/data-folder.ts';
import { readCommandLine } from '../../../embedded/orphan.ts';
import { localUrl } from '../../../config/listen-address.ts';
import type { ServerOptions } from '../../server/server-options.ts';
import { type Finding, ok, problem } from '../finding.ts';
import { checkConfiguration } from './configuration.ts';
import { checkDatabase } from './database.ts';
import { checkDisk, checkVersions } from './machine.ts';
import { checkOutbound } from './outbound.ts';
import { checkServer, checkSources, reportedDatabaseState } from './server.ts';
import { checkTemporal } from './temporal.ts';

export interface Section {
  readonly title: string;
  readonly findings: readonly Finding[];
}

export interface InstallationOptions extends Omit<ServerOptions, 'server'> {
  /** The base URL of the API. Default: the configured address, on this machine. */
  readonly server?: string;
  /** The configuration file. */
  readonly config: string;
  readonly dataDir: string;
}

/** Never throws for anything that is wrong with the installation. Without a valid configuration, nothing else is checked. */
export async function checkInstallation(options: InstallationOptions): Promise<Section[]> {
  const { configuration, findings } = await checkConfiguration(options.config);
  const first: Section = { title: 'Configuration', findings };
  if (configuration === undefined) return [first];
  const server = { ...options, server: options.server ?? localUrl(configuration.server.address) };
  const sections: [string, Promise<readonly Finding[]>][] = [
    ['Database', database(configuration, options)],
    ['Temporal and workers', temporal(configuration, options)],
    ['API', checkServer(server)],
    ['Sources', checkSources(server)],
    ['Outbound access', checkOutbound(configuration)],
    ['Disk', checkDisk(configuration, options.dataDir)],
    ['Versions', checkVersions(configuration)],
  ];
  return [
    first,
    ...(await Promise.all(sections.map(async ([title, checked]) => ({ title, findings: await checked })))),
  ];
}

const NOT_RUNNING = 'start it with `rollcall serve --config FILE`, or pass its data folder with --data-dir';

async function database(
  { database: settings, server }: Configuration,
  { dataDir }: InstallationOptions,
): Promise<Finding[]> {
  if (settings !== undefined) return await checkDatabase(settings);
  const occupant = await readOccupant(dataDir);
  const state = await reportedDatabaseState(localUrl(server.internalAddress));
  // A process that was killed leaves its note behind.
  const isRunning = occupant !== undefined && (state !== undefined || (await readCommandLine(occupant.pid)) !== '');
  if (!isRunning) return [problem(`\`rollcall serve\` isn't running on ${dataDir}`, NOT_RUNNING)];
  if (state !== undefined && state !== 'available') {
    return [
      problem(
        `The PostgreSQL on ${dataDir} is ${state}`,
        `see the end of ${join(dataDir, 'postgres.log')}, then restart \`rollcall serve\``,
      ),
    ];
  }
  return [ok(`\`rollcall serve\` (process ${occupant.pid}) runs PostgreSQL on ${dataDir}`)];
}

async function temporal({ temporal: settings }: Configuration, { dataDir }: InstallationOptions): Promise<Finding[]> {
  const address = settings.address ?? (await readOccupant(dataDir))?.temporal?.address;
  if (address === undefined) return [problem(`\`rollcall serve\` isn't running on ${dataDir}`, NOT_RUNNING)];
  return await checkTemporal({ ...settings, address });
}
