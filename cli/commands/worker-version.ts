import type { Command } from 'commander';
import { addConfigurationOption, type ConfigurationFileOption, readConfiguration } from '../run/configuration.ts';
import { CommandFailure } from '../terminal/failure.ts';
import { positiveInteger } from '../terminal/options.ts';

interface SetCurrentOptions extends ConfigurationFileOption {
  readonly wait: number;
}

export function addWorkerVersionCommand(program: Command): void {
  const command = program.command('worker-version').description('Choose which version of the workers runs workflows');
  addConfigurationOption(command.command('set-current'))
    .argument('[version]', 'version of the workers (default: the version of this command)')
    .description('Make a version of the workers the current one, and move all workflows to it')
    .option('--wait <seconds>', 'how long to wait for workers of the version, and for workflows', positiveInteger, 300)
    .addHelpText(
      'after',
      [
        '\nFor `temporal.workerVersioning`. Run it when the workers of a new version have started. Workers of the previous version',
        'can stop as soon as no workflow runs on them.',
        '\nExample:\n  $ rollcall worker-version set-current --config rollcall.yaml',
      ].join('\n'),
    )
    .action(async (version: string | undefined, options: SetCurrentOptions) => {
      const { softwareVersion } = await import('../../telemetry/software-version.ts');
      await setCurrent(version ?? softwareVersion().version, options);
    });
}

async function setCurrent(version: string, { config, wait }: SetCurrentOptions): Promise<void> {
  const { startTelemetry } = await import('../../telemetry/telemetry.ts');
  const { connectTemporal } = await import('../../temporal/connect.ts');
  const { describeTemporalFailure } = await import('../../temporal/connection-failure.ts');
  const { setCurrentVersion } = await import('../../temporal/worker-versions.ts');
  const { temporal } = await readConfiguration(config);
  const { address, workerVersioning } = temporal;
  if (address === undefined || workerVersioning === undefined) {
    throw new CommandFailure(`${config} has no \`temporal.workerVersioning: true\`: its workers are unversioned`);
  }
  const server = { ...temporal, address };
  const connection = await connectTemporal(server, startTelemetry());
  try {
    const left = await setCurrentVersion(connection.client, {
      server,
      version,
      signal: AbortSignal.timeout(wait * 1000),
      onProgress: (message) => console.log(message),
    });
    console.log(
      left === 0
        ? 'All workflows run on it: workers of other versions can stop'
        : `${left} workflows are left on other versions: keep workers of these versions until they have ended`,
    );
  } catch (error) {
    throw new CommandFailure(`The version was not set: ${await describeTemporalFailure(error, server)}`);
  } finally {
    await connection.close();
  }
}
