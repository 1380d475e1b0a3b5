import type { Command } from 'commander';
import { askServer } from '../server/admin-client.ts';
import { addServerOptions, printAnswer, type ServerOptions } from '../server/server-options.ts';

export function addResumeCommand(program: Command): void {
  const command = program
    .command('resume')
    .argument('<source>', 'name of the source')
    .description('Start the timer of a paused source again; what is due runs at once')
    .addHelpText('after', '\nExample:\n  $ rollcall resume team-catalog');
  addServerOptions(command).action(async (source: string, options: ServerOptions) => {
    await askServer(options, (client) => client.sources.resume.mutate({ name: source }));
    printAnswer(options, { name: source, paused: false }, () => `${source} is no longer paused`);
  });
}
