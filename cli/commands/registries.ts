import type { Command } from 'commander';
import { askServer } from '../server/admin-client.ts';
import { addServerOptions, printAnswer, type ServerOptions } from '../server/server-options.ts';
import { formatTable } from '../terminal/table.ts';

export function addRegistriesCommand(program: Command): void {
  listRegistries(program.command('registries')).addHelpText(
    'after',
    '\nExample:\n  $ rollcall registries\n\nUse `rollcall admin registries` to show details and to create, change, or delete registries.',
  );
}

/** Configures a command that lists registries; shared by `registries` and `admin registries list`. */
export function listRegistries(command: Command): Command {
  return addServerOptions(command)
    .description('List registries and the sources they serve')
    .action(async (options: ServerOptions) => {
      const registries = await askServer(options, (client) => client.registries.list.query());
      printAnswer(options, registries, () =>
        formatTable(
          ['registry', 'served at', 'sources (in order of precedence)'],
          registries.map(({ name, isDefault, sources }) => [name, pathsText(name, isDefault), sources.join(', ')]),
        ),
      );
    });
}

export function pathsText(name: string, isDefault: boolean): string {
  return isDefault ? `/v0.1, /registry/${name}/v0.1` : `/registry/${name}/v0.1`;
}
