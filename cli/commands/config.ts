import type { Command } from 'commander';
import { countText } from '../terminal/texts.ts';
import { addConfigurationOption, type ConfigurationFileOption, readConfiguration } from '../run/configuration.ts';

export function addConfigCommand(program: Command): void {
  const config = program.command('config').description('Check configuration files and print their JSON Schema');

  addConfigurationOption(config.command('validate'))
    .description('Check a configuration file and report every fault with its line and column')
    .addHelpText('after', '\nExample:\n  $ rollcall config validate --config rollcall.yaml')
    .action(async ({ config: file }: ConfigurationFileOption) => {
      const { sources } = await readConfiguration(file);
      console.log(`${file} is valid: ${countText(sources.length, 'source', 'sources')}`);
    });

  config
    .command('schema')
    .description('Print the JSON Schema of the configuration file')
    .addHelpText(
      'after',
      '\nExample:\n  $ rollcall config schema > rollcall.schema.json\n  Then add this as the first line of rollcall.yaml:\n  # yaml-language-server: $schema=rollcall.schema.json',
    )
    .action(async () => {
      const { configurationJsonSchema } = await import('../../config/schema/json-schema.ts');
      console.log(JSON.stringify(configurationJsonSchema(), null, 2));
    });
}
