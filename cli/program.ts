/** All commands, in the groups that `--help` shows them in. */
import { Command, Help, type Option } from 'commander';
import { addAdminCommand } from './admin.ts';
import { addApiCommand } from './api.ts';
import { addConfigCommand } from './config.ts';
import { addLoginCommand } from './login.ts';
import { addLogoutCommand } from './logout.ts';
import { addMeCommand } from './me.ts';
import { addMigrateCommand } from './migrate.ts';
import { addPauseCommand } from './pause.ts';
import { addPrimeDbCommand } from './prime-db.ts';
import { addPublishCommand } from './publish.ts';
import { addRegistriesCommand } from './registries.ts';
import { addResumeCommand } from './resume.ts';
import { addRunsCommand } from './runs.ts';
import { addServeCommand } from './serve.ts';
import { addSourcesCommand } from './sources.ts';
import { addStatusCommand } from './status.ts';
import { addSyncCommand } from './sync.ts';
import { addTemporalCommand } from './temporal.ts';
import { addValidateCommand } from './validate.ts';
import { addVersionCommand } from './version.ts';
import { addWorkerCommand } from './worker.ts';
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
