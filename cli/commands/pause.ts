import type { Command } from 'commander';
import { askServer } from '../server/admin-client.ts';
import { addServerOptions, printAnswer, type ServerOptions } from '../server/server-options.ts';

export function addPauseCommand(program: Command): void {
  const command = program
    .command('pause')
    .argument('<source>', 'name of the source')
    .description('Stop the timer of a source; what it has is served on, and `rollcall sync` still works')
    .addHelpText('after', '\nExample:\n  $ rollcall pause team-catalog');
  addServerOptions(command).action(async (source: string, options: ServerOptions) => {
    await askServer(options, (client) => client.sources.pause.mutate({ name: source }));
    printAnswer(options, { name: source, paused: true }, () => `${source} is paused`);
  });
}
