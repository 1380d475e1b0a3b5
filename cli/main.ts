/** The command line: what there is, and how every command ends. */
import { Command, CommanderError } from 'commander';
import { addApiCommand } from './api.ts';
import { addConfigCommand } from './config.ts';
import { CommandFailure, describeError, USAGE_EXIT_STATUS } from './failure.ts';
import { addLoginCommand } from './login.ts';
import { addLogoutCommand } from './logout.ts';
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

const HELP_GROUPS = {
  'Running it:': [addServeCommand, addApiCommand, addWorkerCommand],
  'Setting it up:': [addConfigCommand, addMigrateCommand, addPrimeDbCommand],
  'Asking a running one:': [
    addLoginCommand,
    addLogoutCommand,
    addStatusCommand,
    addSourcesCommand,
    addRunsCommand,
    addSyncCommand,
    addPauseCommand,
    addResumeCommand,
    addRegistriesCommand,
    addPublishCommand,
  ],
  'More:': [addValidateCommand, addTemporalCommand, addVersionCommand],
} as const;

function createProgram(): Command {
  const program = new Command('rollcall')
    .description(
      'A self-hosted MCP registry: gathers servers from many sources and serves them over the MCP Registry API',
    )
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

/**
 * Errors are told in one message, without a stack unless the log level is `debug`. Status 1: it could not be done;
 * 2: it was called in a wrong way.
 */
function exitStatusOf(error: unknown): number {
  if (error instanceof CommanderError) return error.exitCode === 0 ? 0 : USAGE_EXIT_STATUS; // commander has told it
  const message = describeError(error);
  if (message !== '') console.error(message);
  if (process.env['ROLLCALL_LOG_LEVEL'] === 'debug') console.error(error);
  return error instanceof CommandFailure ? error.exitStatus : 1;
}

try {
  await createProgram().parseAsync();
} catch (error) {
  process.exitCode = exitStatusOf(error);
}
// Whatever still holds the process open (a socket that is kept alive, a timer) has nothing to do any more.
process.exit();
