import type { Command } from 'commander';
import { addConfigurationOption } from '../run/configuration-file.ts';

export function addApiCommand(program: Command): void {
  addConfigurationOption(program.command('api'))
    .description('Answer requests only, beside a worker that runs elsewhere; as many of them as you like')
    .option('--address <host:port>', 'where the API listens')
    .option('--internal-address <host:port>', 'where health and readiness are served')
    .addHelpText('after', '\nExample:\n  $ rollcall api --config rollcall.yaml --address :8080')
    .action(async (options) => {
      const { runRoleCommand } = await import('../run/role-command.ts');
      await runRoleCommand('api', options);
    });
}
