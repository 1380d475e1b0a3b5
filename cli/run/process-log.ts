/** Logs the start and the stop of the long-running commands. */
import type { Logger } from 'pino';
import { softwareVersion } from '../../telemetry/software-version.ts';
import { describeFinding } from '../../config/faults.ts';
import type { Configuration } from '../../config/model.ts';
import { createLogger, logFormat } from '../../telemetry/logger.ts';
import { describeError } from '../../telemetry/describe-error.ts';
import { CommandFailure } from '../terminal/failure.ts';
import { banner, exposureWarning } from './banner.ts';
import type { CompleteConfiguration, Role } from './roles.ts';
import type { ServeOptions } from './serve-everything.ts';

const STANDARD_ERROR = 2;

/** The messages of `serve`: text on a terminal, otherwise log lines. */
export function serveOutput(
  logger: Logger,
  { log }: Pick<Configuration, 'log'>,
): Pick<ServeOptions, 'say' | 'onRunning'> {
  if (logFormat(log) === 'text') {
    return {
      say: (message) => console.log(message),
      onRunning: (configuration, facts) => console.log(banner(configuration, facts)),
    };
  }
  return {
    say: (message, level = 'info') => logger[level](message),
    onRunning: ({ server, temporalUiUrl }, facts) => {
      const { version } = softwareVersion();
      const { dataDirectory, startedInMs } = facts;
      logger.info(
        { address: server.address, temporalUiUrl, dataDirectory, startedInMs },
        `Rollcall ${version} is running`,
      );
    },
  };
}

/** Opens the log of a process, and logs the settings of the file that have no effect. */
export function openLog(name: string, { log, notes }: Configuration): Logger {
  const logger = createLogger(name, log);
  for (const note of notes) logger.warn(`Setting without effect: ${describeFinding(note)}`);
  return logger;
}

/** Logs that a role starts and, once the work has ended, that it has stopped. */
export async function loggedRun(
  { role, configuration, logger }: { role: Role; configuration: CompleteConfiguration; logger: Logger },
  work: () => Promise<void>,
): Promise<void> {
  const { version, commit } = softwareVersion();
  logger.info({ version, commit, node: process.version, ...summaryOf(configuration) }, `The ${role} starts`);
  const warning = role === 'api' ? exposureWarning(configuration) : undefined;
  if (warning !== undefined) logger.warn(warning);
  await work();
  logger.info({ uptimeSeconds: Math.round(process.uptime()) }, `The ${role} has stopped`);
}

/**
 * Runs a command whose output is a log, or a part of one. In JSON format, its failure is a line too, on standard error.
 * Until the configuration is known, pass `{ log: {} }`: the default level, and the format for the terminal.
 *
 * @throws CommandFailure without a message if the failure has been logged, otherwise what `work` throws
 */
export async function failingInLog<Result>(
  name: string,
  { log }: Pick<Configuration, 'log'>,
  work: () => Promise<Result>,
): Promise<Result> {
  try {
    return await work();
  } catch (error) {
    if (logFormat(log) === 'text') throw error;
    createLogger(name, log, STANDARD_ERROR).fatal(describeError(error));
    throw new CommandFailure('', error instanceof CommandFailure ? error.exitStatus : 1);
  }
}

/** A summary of the configuration without secrets. */
function summaryOf({
  sources,
  registries,
  auth,
  database,
  temporal,
  audit,
  telemetry,
  server,
}: CompleteConfiguration): object {
  const kinds = sources.map(({ origin }) => origin.kind);
  return {
    sources: Object.fromEntries([...new Set(kinds)].map((kind) => [kind, kinds.filter((one) => one === kind).length])),
    registries: registries.map(({ name }) => name),
    auth: auth.mode,
    database: `${database.host}:${database.port}/${database.database}`,
    temporal: `${temporal.address}/${temporal.namespace}/${temporal.taskQueue}`,
    address: server.address,
    internalAddress: server.internalAddress,
    audit: audit.enabled,
    tracing: telemetry?.enabled === true && telemetry.tracing.enabled,
    pushesMetrics: telemetry?.enabled === true && telemetry.metrics.enabled,
  };
}
