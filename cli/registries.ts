import type { Command } from 'commander';
import { askServer } from './admin-client.ts';
import { addServerOptions, printAnswer, type ServerOptions } from './server-options.ts';
import { formatTable } from './table.ts';

export function addRegistriesCommand(program: Command): void {
  const command = program
    .command('registries')
    .description('List the registries and the sources that each of them shows')
    .addHelpText('after', '\nExample:\n  $ rollcall registries');
  addServerOptions(command).action(async (options: ServerOptions) => {
    const registries = await askServer(options, (client) => client.registries.list.query());
    printAnswer(options, registries, () =>
      formatTable(
        ['registry', 'served at', 'sources, in order of precedence'],
        registries.map(({ name, isDefault, sources }) => [
          name,
          isDefault ? `/v0.1, /registry/${name}/v0.1` : `/registry/${name}/v0.1`,
          sources.join(', '),
        ]),
      ),
    );
  });
}
