/** All commands, grouped as `--help` shows them. */
import { Command, Help, type Option } from 'commander';
import { addAdminCommand } from './commands/admin.ts';
import { addConfigCommand } from './commands/config.ts';
import { addDoctorCommand } from './commands/clients/doctor.ts';
import { addExportCommand } from './commands/clients/export.ts';
import { addImportCommand } from './commands/import.ts';
import { addLoginCommand, addLogoutCommand } from './commands/login.ts';
import { addMeCommand } from './commands/me.ts';
import { addMigrateCommand } from './commands/migrate.ts';
import { addOperatorCommand } from './commands/operator.ts';
import { addPauseCommand, addResumeCommand } from './commands/pause.ts';
import { addPolicyCommand } from './commands/clients/policy.ts';
import { addPrimeDbCommand } from './commands/prime-db.ts';
import { addPublishCommand } from './commands/publish.ts';
import { addRegistriesCommand } from './commands/registries.ts';
import { addRunsCommand } from './commands/runs.ts';
import { addSearchCommand } from './commands/clients/search.ts';
import { addServeCommand } from './commands/serve.ts';
import { addShowCommand } from './commands/clients/show.ts';
import { addSourcesCommand } from './commands/sources.ts';
import { addStatusCommand } from './commands/status.ts';
import { addSyncCommand } from './commands/sync.ts';
import { addTemporalCommand } from './commands/temporal.ts';
import { addValidateCommand } from './commands/validate.ts';
import { addVersionCommand } from './commands/version.ts';
import { addWorkerVersionCommand } from './commands/worker-version.ts';
import { addApiCommand, addWorkerCommand } from './commands/roles.ts';
import manifest from '../package.json' with { type: 'json' };

const HELP_GROUPS = {
  'Run a server:': [addServeCommand, addApiCommand, addWorkerCommand, addOperatorCommand],
  'Set up:': [addConfigCommand, addMigrateCommand, addPrimeDbCommand, addWorkerVersionCommand],
  'Use a running server:': [
    addStatusCommand,
    addSourcesCommand,
    addRunsCommand,
    addSyncCommand,
    addPauseCommand,
    addResumeCommand,
    addRegistriesCommand,
    addPublishCommand,
    addImportCommand,
    addAdminCommand,
  ],
  'Serve clients:': [addSearchCommand, addShowCommand, addExportCommand, addPolicyCommand, addDoctorCommand],
  'Authenticate:': [addLoginCommand, addLogoutCommand, addMeCommand],
  'More:': [addValidateCommand, addTemporalCommand, addVersionCommand],
} as const;

export function createProgram(): Command {
  const program = new Command('rollcall')
    .description(
      'A self-hosted MCP registry: collects server metadata from many sources and serves it over the MCP Registry API',
    )
    .version(manifest.version, '--version', 'print the version (`rollcall version` prints details)')
    .configureHelp({ optionDescription })
    .enablePositionalOptions()
    .showHelpAfterError('Run with --help for options and examples.')
    .exitOverride()
    .addHelpText(
      'after',
      '\nStart here:\n  $ rollcall serve --config examples/embedded/rollcall.yaml\n  $ rollcall status',
    );
  for (const [group, commands] of Object.entries(HELP_GROUPS)) {
    program.commandsGroup(group);
    for (const addCommand of commands) addCommand(program);
  }
  return program;
}

/** Commander's own description of an option, without `(default: false)` on flags. */
function optionDescription(option: Option): string {
  return option.defaultValue === false ? option.description : new Help().optionDescription(option);
}
