import type { Command } from 'commander';
import { countText } from '../terminal/count-text.ts';
import { addConfigurationOption, type ConfigurationFileOption, readConfiguration } from '../run/configuration-file.ts';

export function addConfigCommand(program: Command): void {
  const config = program.command('config').description('Check configuration files, and describe them to editors');

  addConfigurationOption(config.command('validate'))
    .description('Check a configuration file: all faults at once, each with its line and column')
    .addHelpText('after', '\nExample:\n  $ rollcall config validate --config rollcall.yaml')
    .action(async ({ config: file }: ConfigurationFileOption) => {
      const { sources } = await readConfiguration(file);
      console.log(`${file} is valid; it describes ${countText(sources.length, 'source', 'sources')}`);
    });

  config
    .command('schema')
    .description('Print the JSON Schema of the configuration file')
    .addHelpText(
      'after',
      '\nExample:\n  $ rollcall config schema > rollcall.schema.json\n  then, as the first line of rollcall.yaml:\n  # yaml-language-server: $schema=rollcall.schema.json',
    )
    .action(async () => {
      const { configurationJsonSchema } = await import('../../config/json-schema.ts');
      console.log(JSON.stringify(configurationJsonSchema(), null, 2));
    });
}
