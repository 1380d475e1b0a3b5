/** The commands `api` and `worker`, for deployments with an external database and Temporal. */
import type { Command } from 'commander';
import { addConfigurationOption } from '../run/configuration.ts';
import { listenAddress } from '../terminal/options.ts';

export function addApiCommand(program: Command): void {
  addConfigurationOption(program.command('api'))
    .description('Serve the API only; run any number of replicas next to at least one worker')
    .option('--address <host:port>', 'address of the API', listenAddress)
    .option('--internal-address <host:port>', 'address of probes and metrics (default: port 8081)', listenAddress)
    .addHelpText('after', '\nExample:\n  $ rollcall api --config rollcall.yaml --address :8080')
    .action(async (options) => {
      const { runRoleCommand } = await import('../run/role-command.ts');
      await runRoleCommand('api', options);
    });
}

export function addWorkerCommand(program: Command): void {
  addConfigurationOption(program.command('worker'))
    .description('Sync the configured sources; run any number of replicas')
    .option('--internal-address <host:port>', 'address of probes and metrics (default: port 8082)', listenAddress)
    .addHelpText('after', '\nExample:\n  $ rollcall worker --config rollcall.yaml')
    .action(async ({ config, internalAddress }) => {
      const { runRoleCommand } = await import('../run/role-command.ts');
      await runRoleCommand('worker', { config, workerInternalAddress: internalAddress });
    });
}
