/** All commands, in the groups that `--help` shows them in. */
import { Command, Help, type Option } from 'commander';
import { addAdminCommand } from './commands/admin.ts';
import { addApiCommand } from './commands/api.ts';
import { addConfigCommand } from './commands/config.ts';
import { addLoginCommand } from './commands/login.ts';
import { addLogoutCommand } from './commands/logout.ts';
import { addMeCommand } from './commands/me.ts';
import { addMigrateCommand } from './commands/migrate.ts';
import { addPauseCommand } from './commands/pause.ts';
import { addPrimeDbCommand } from './commands/prime-db.ts';
import { addPublishCommand } from './commands/publish.ts';
import { addRegistriesCommand } from './commands/registries.ts';
import { addResumeCommand } from './commands/resume.ts';
import { addRunsCommand } from './commands/runs.ts';
import { addServeCommand } from './commands/serve.ts';
import { addSourcesCommand } from './commands/sources.ts';
import { addStatusCommand } from './commands/status.ts';
import { addSyncCommand } from './commands/sync.ts';
import { addTemporalCommand } from './commands/temporal.ts';
import { addValidateCommand } from './commands/validate.ts';
import { addVersionCommand } from './commands/version.ts';
import { addWorkerCommand } from './commands/worker.ts';
import manifest from '../package.json' with { type: 'json' };

const HELP_GROUPS = {
  'Running it:': [addServeCommand, addApiCommand, addWorkerCommand],
  'Setting it up:': [addConfigCommand, addMigrateCommand, addPrimeDbCommand],
  'Asking a running one:': [
    addStatusCommand,
    addSourcesCommand,
    addRunsCommand,
    addSyncCommand,
    addPauseCommand,
    addResumeCommand,
    addRegistriesCommand,
    addPublishCommand,
    addAdminCommand,
  ],
  'Being known to it:': [addLoginCommand, addLogoutCommand, addMeCommand],
  'More:': [addValidateCommand, addTemporalCommand, addVersionCommand],
} as const;

export function createProgram(): Command {
  const program = new Command('rollcall')
    .description(
      'A self-hosted MCP registry: gathers servers from many sources and serves them over the MCP Registry API',
    )
    .version(manifest.version, '--version', 'print the version; `rollcall version` says more')
    .configureHelp({ optionDescription })
    .enablePositionalOptions()
    .showHelpAfterError('Use --help for the options and examples.')
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

/** As commander describes options, but for the default of those that are given or not. */
function optionDescription(option: Option): string {
  return option.defaultValue === false ? option.description : new Help().optionDescription(option);
}
