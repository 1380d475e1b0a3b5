import { type Command, InvalidArgumentError, Option } from 'commander';
import {
  addDataDirectoryOption,
  type AddressOptions,
  configurationOption,
  type DataDirectoryOption,
  loadConfigurationFile,
  withAddresses,
} from '../run/configuration.ts';
import { ensureStarterConfiguration, STARTER_FILE } from '../run/starter-configuration.ts';
import { untilToldToStop } from '../run/stop-signal.ts';
import { listenAddress } from '../terminal/options.ts';

interface ServeOptions extends DataDirectoryOption, AddressOptions {
  readonly config?: string;
  readonly temporalPort: number;
  readonly uiPort: number;
  readonly authMode?: string;
}

export function addServeCommand(program: Command): void {
  const command = program
    .command('serve')
    .description('Run the API and a worker, plus PostgreSQL and Temporal unless the configuration names them')
    .addOption(
      configurationOption(`the configuration file (default: ${STARTER_FILE}, which is created if it doesn't exist)`),
    )
    .option(
      '--address <host:port>',
      'address of the API (default: 127.0.0.1:8080, or :8080 with an external database)',
      listenAddress,
    )
    .option(
      '--internal-address <host:port>',
      'address of probes and metrics of the API (default: port 8081)',
      listenAddress,
    )
    .option(
      '--worker-internal-address <host:port>',
      'the same for the worker (default: the next port, 8082)',
      listenAddress,
    )
    .addOption(
      new Option('--auth-mode <mode>', 'override `auth.mode` in the configuration').choices(['oauth', 'anonymous']),
    )
    .option('--temporal-port <port>', 'port of the embedded Temporal server', port, 7233)
    .option('--ui-port <port>', "port of Temporal's Web UI", port, 8233)
    .addHelpText(
      'after',
      [
        '\nExamples:',
        '  $ rollcall serve',
        '  $ rollcall serve --config rollcall.yaml --data-dir /var/lib/registry --address :8080',
        '\nCtrl-C stops everything. The data folder keeps all data for the next start.',
      ].join('\n'),
    );
  addDataDirectoryOption(command).action(async (options: ServeOptions) => {
    const signal = untilToldToStop();
    const { config, authMode, dataDir, temporalPort, uiPort } = options;
    const environment = { ...process.env, ...(authMode !== undefined && { THV_REGISTRY_AUTH_MODE: authMode }) };
    const { failingInLog, openLog, serveOutput } = await import('../run/process-log.ts');
    const configuration = await failingInLog('serve', { log: {} }, async () => {
      const file = config ?? (await ensureStarterConfiguration());
      return withAddresses(await loadConfigurationFile(file, environment), options);
    });
    const logger = openLog('serve', configuration);
    const { serve } = await import('../run/serve-everything.ts');
    await failingInLog('serve', configuration, () =>
      serve(configuration, {
        dataDirectory: dataDir,
        temporalPort,
        uiPort,
        signal,
        ...serveOutput(logger, configuration),
      }),
    );
  });
}

function port(text: string): number {
  const number = Number(text);
  if (!Number.isInteger(number) || number < 1 || number > 65_535) {
    throw new InvalidArgumentError('Expected a port between 1 and 65535.');
  }
  return number;
}
