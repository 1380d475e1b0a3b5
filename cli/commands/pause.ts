/** Commands that stop and restart the timer of a source. */
import type { Command } from 'commander';
import { askServer } from '../server/admin-client.ts';
import { addServerOptions, printAnswer, type ServerOptions } from '../server/server-options.ts';

export function addPauseCommand(program: Command): void {
  addTimerCommand(program.command('pause'), (source) => `${source} is paused`).description(
    'Stop the timer of a source; its entries are still served, and `rollcall sync` still works',
  );
}

export function addResumeCommand(program: Command): void {
  addTimerCommand(program.command('resume'), (source) => `${source} is running again`).description(
    'Restart the timer of a paused source; an overdue sync starts immediately',
  );
}

function addTimerCommand(command: Command, done: (source: string) => string): Command {
  const verb = command.name() === 'pause' ? 'pause' : 'resume';
  return addServerOptions(command)
    .argument('<source>', 'name of the source')
    .addHelpText('after', `\nExample:\n  $ rollcall ${verb} team-catalog`)
    .action(async (source: string, options: ServerOptions) => {
      await askServer(options, (client) => client.sources[verb].mutate({ name: source }));
      printAnswer(options, { name: source, paused: verb === 'pause' }, () => done(source));
    });
}
