/** Options for the configuration: its file, what takes precedence over it, and the data folder. */
import { type Command, Option } from 'commander';
import { describeFinding } from '../../config/faults.ts';
import type { Configuration } from '../../config/model.ts';
import { DEFAULT_DATA_DIRECTORY } from '../../embedded/data-folder.ts';
import { defined } from '../../registry/json.ts';

export interface ConfigurationFileOption {
  readonly config: string;
}

export function addConfigurationOption(command: Command): Command {
  return command.addOption(configurationOption('the configuration file').makeOptionMandatory());
}

/** Creates only the option, for a command that works without a file. */
export function configurationOption(description: string): Option {
  return new Option('--config <file>', description).env('ROLLCALL_CONFIG');
}

/** Loads the configuration with overrides from the environment. */
export async function loadConfigurationFile(
  file: string,
  environment: NodeJS.ProcessEnv = process.env,
): Promise<Configuration> {
  const { loadConfiguration } = await import('../../config/load.ts'); // slow to load, and only some commands need it
  return await loadConfiguration(file, environment);
}

/** Like `loadConfigurationFile`, and prints settings without effect on standard error. */
export async function readConfiguration(file: string): Promise<Configuration> {
  const configuration = await loadConfigurationFile(file);
  for (const note of configuration.notes) console.error(`Note: ${describeFinding(note)}`);
  return configuration;
}

export interface AddressOptions {
  readonly address?: string;
  readonly internalAddress?: string;
  readonly workerInternalAddress?: string;
}

/** Options take precedence over the configuration file. */
export function withAddresses(configuration: Configuration, options: AddressOptions): Configuration {
  const { address, internalAddress, workerInternalAddress } = options;
  const written = defined({ address, internalAddress, workerInternalAddress });
  return { ...configuration, server: { ...configuration.server, ...written } };
}

export interface DataDirectoryOption {
  readonly dataDir: string;
}

/** Adds `--data-dir`. */
export function addDataDirectoryOption(command: Command): Command {
  return command.addOption(
    new Option('--data-dir <folder>', 'data folder of the embedded PostgreSQL and Temporal')
      .env('ROLLCALL_DATA_DIR')
      .default(DEFAULT_DATA_DIRECTORY),
  );
}
