import type { Command } from 'commander';
import { addConfigurationOption } from '../run/configuration-file.ts';

export function addWorkerCommand(program: Command): void {
  addConfigurationOption(program.command('worker'))
    .description('Sync the sources of the configuration; as many of them as you like')
    .addHelpText('after', '\nExample:\n  $ rollcall worker --config rollcall.yaml')
    .action(async (options) => {
      const { runRoleCommand } = await import('../run/role-command.ts');
      await runRoleCommand('worker', options);
    });
}
