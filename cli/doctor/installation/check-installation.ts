/** Checks everything that an installation needs, from this machine. */
import { join } from 'node:path';
import type { Configuration } from '../../../config/model.ts';
import { findOccupant, type Occupant } from '../../../embedded/data-folder.ts';
import { localUrl } from '../../../config/listen-address.ts';
import type { ServerOptions } from '../../server/server-options.ts';
import { describeError } from '../../../telemetry/describe-error.ts';
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

/**
 * Reports faults of the installation as findings and never throws for them. Without a valid configuration, nothing else
 * is checked.
 */
export async function checkInstallation(options: InstallationOptions): Promise<Section[]> {
  const { configuration, findings } = await checkConfiguration(options.config);
  const first: Section = { title: 'Configuration', findings };
  if (configuration === undefined) return [first];
  const server = { ...options, server: options.server ?? localUrl(configuration.server.address) };
  const serve = await findServe(options.dataDir);
  const sections: [string, Promise<readonly Finding[]>][] = [
    ['Database', database(configuration, { serve, dataDir: options.dataDir })],
    ['Temporal and workers', temporal(configuration, serve)],
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

/** The `serve` process that uses the data folder, or a finding if there is none. */
type Serve = Required<Pick<Occupant, 'pid' | 'temporal'>> | Finding;

async function findServe(dataDir: string): Promise<Serve> {
  try {
    const { pid, temporal: embedded } = (await findOccupant(dataDir)) ?? {};
    if (pid !== undefined && embedded !== undefined) return { pid, temporal: embedded };
    return problem(
      `\`rollcall serve\` isn't running on ${dataDir}`,
      'start it with `rollcall serve --config FILE`, or, if it runs, pass its data folder with --data-dir',
    );
  } catch (error) {
    const what = `The data folder ${dataDir} can't be examined: ${describeError(error)}`;
    return problem(what, 'run this command as the user of `rollcall serve`');
  }
}

async function database(
  { database: settings, server }: Configuration,
  { serve, dataDir }: { readonly serve: Serve; readonly dataDir: string },
): Promise<Finding[]> {
  if (settings !== undefined) return await checkDatabase(settings);
  if ('severity' in serve) return [serve];
  const state = await reportedDatabaseState(localUrl(server.internalAddress));
  if (state !== undefined && state !== 'available') {
    return [
      problem(
        `The PostgreSQL on ${dataDir} is ${state}`,
        `see the end of ${join(dataDir, 'postgres.log')}, then restart \`rollcall serve\``,
      ),
    ];
  }
  return [ok(`\`rollcall serve\` (process ${serve.pid}) runs PostgreSQL on ${dataDir}`)];
}

async function temporal({ temporal: settings }: Configuration, serve: Serve): Promise<Finding[]> {
  if (settings.address !== undefined) return await checkTemporal({ ...settings, address: settings.address });
  if ('severity' in serve) return [serve];
  return await checkTemporal({ ...settings, address: serve.temporal.address });
}
