import { type Command, InvalidArgumentError } from 'commander';
import { addConfigurationOption, addDataDirectoryOption } from '../run/configuration.ts';
import type { MigrateOptions, MigrationWork } from '../run/migration-work.ts';

export function addMigrateCommand(program: Command): void {
  const migrate = program.command('migrate').description('Apply, revert, or list database migrations');

  subcommand(migrate, 'up')
    .description('Apply pending migrations')
    .option('-y, --yes', 'skip the confirmation prompt', false)
    .addHelpText('after', '\nExample:\n  $ rollcall migrate up --config rollcall.yaml --yes')
    .action((options: MigrateOptions) => run('up', options));

  subcommand(migrate, 'down')
    .description('Revert the most recent migrations; data in dropped tables is lost')
    .requiredOption('-n, --num-steps <number>', 'number of migrations to revert', numberOfSteps)
    .option('-y, --yes', 'skip the confirmation prompt', false)
    .addHelpText('after', '\nExample:\n  $ rollcall migrate down --config rollcall.yaml --num-steps 1')
    .action((options: MigrateOptions) => run('down', options));

  subcommand(migrate, 'status')
    .description('List migrations and when they were applied')
    .addHelpText('after', '\nExample:\n  $ rollcall migrate status --config rollcall.yaml')
    .action((options: MigrateOptions) => run('status', options));
}

function subcommand(migrate: Command, name: string): Command {
  return addDataDirectoryOption(addConfigurationOption(migrate.command(name)));
}

async function run(work: MigrationWork, options: MigrateOptions): Promise<void> {
  const { runMigrationWork } = await import('../run/migration-work.ts');
  await runMigrationWork(work, options);
}

function numberOfSteps(text: string): number {
  const number = Number(text);
  if (!Number.isInteger(number) || number < 1 || number > 1000) {
    throw new InvalidArgumentError('Expected a whole number between 1 and 1000.');
  }
  return number;
}
