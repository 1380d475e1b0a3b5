/** Commands that stop and restart the timer of a source. */
import type { Command } from 'commander';
import { askServer } from '../server/admin-client.ts';
import { addServerOptions, printAnswer, type ServerOptions } from '../server/server-options.ts';

export function addPauseCommand(program: Command): void {
  const command = program
    .command('pause')
    .argument('<source>', 'name of the source')
    .description('Stop the timer of a source; its entries are still served, and `rollcall sync` still works')
    .addHelpText('after', '\nExample:\n  $ rollcall pause team-catalog');
  addServerOptions(command).action(async (source: string, options: ServerOptions) => {
    await askServer(options, (client) => client.sources.pause.mutate({ name: source }));
    printAnswer(options, { name: source, paused: true }, () => `${source} is paused`);
  });
}

export function addResumeCommand(program: Command): void {
  const command = program
    .command('resume')
    .argument('<source>', 'name of the source')
    .description('Restart the timer of a paused source; an overdue sync starts immediately')
    .addHelpText('after', '\nExample:\n  $ rollcall resume team-catalog');
  addServerOptions(command).action(async (source: string, options: ServerOptions) => {
    await askServer(options, (client) => client.sources.resume.mutate({ name: source }));
    printAnswer(options, { name: source, paused: false }, () => `${source} is running again`);
  });
}
