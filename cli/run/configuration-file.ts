/** The `--config` option, and reading the file it names. */
import { type Command, Option } from 'commander';
import { describeFinding } from '../../config/faults.ts';
import type { Configuration } from '../../config/model.ts';

export interface ConfigurationFileOption {
  readonly config: string;
}

export function addConfigurationOption(command: Command): Command {
  return command.addOption(
    new Option('--config <file>', 'the configuration file').env('ROLLCALL_CONFIG').makeOptionMandatory(),
  );
}

/** Reads the configuration, as the environment overrides it; what in it has no effect is said on standard error. */
export async function readConfiguration(
  file: string,
  environment: NodeJS.ProcessEnv = process.env,
): Promise<Configuration> {
  const { loadConfiguration } = await import('../../config/load.ts'); // slow to load, and few commands need it
  const configuration = await loadConfiguration(file, environment);
  for (const note of configuration.notes) console.error(`Note: ${describeFinding(note)}`);
  return configuration;
}
