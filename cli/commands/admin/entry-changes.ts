/** Commands that change published versions in managed sources. */
import { Argument, type Command } from 'commander';
import { SERVER_STATUSES } from '../../../registry/entry.ts';
import { askServer } from '../../server/admin-client.ts';
import { countText } from '../../terminal/count-text.ts';
import { addServerOptions, printAnswer, type ServerOptions } from '../../server/server-options.ts';

/** Options that say where a server was published. */
export interface PublishedOptions extends ServerOptions {
  readonly registry?: string;
}

/** Adds `--registry`. */
export function addPublishedOptions(command: Command): Command {
  return addServerOptions(command).option(
    '--registry <name>',
    'registry it was published to (default: the default registry)',
  );
}

interface StatusOptions extends PublishedOptions {
  readonly version?: string;
  readonly message?: string;
}

export function addEntryStatus(entries: Command): void {
  addPublishedOptions(entries.command('status'))
    .argument('<name>', 'name of the server')
    .addArgument(new Argument('<status>', 'the new status').choices(SERVER_STATUSES))
    .option('--version <version>', 'change only this version (default: all versions)')
    .option('--message <text>', 'message shown to users of the server')
    .description('Mark a published server as deprecated, deleted, or active')
    .addHelpText(
      'after',
      [
        '\nExamples:',
        '  $ rollcall admin entries status com.example/weather deprecated --message "Use com.example/climate"',
        '  $ rollcall admin entries status com.example/weather active --version 2.0.0',
      ].join('\n'),
    )
    .action(async (name: string, status: (typeof SERVER_STATUSES)[number], options: StatusOptions) => {
      const { registry, version, message } = options;
      const update = {
        name,
        status,
        ...(registry !== undefined && { registry }),
        ...(version !== undefined && { version }),
        ...(message !== undefined && { statusMessage: message }),
      };
      const answer = await askServer(options, (client) => client.entries.setStatus.mutate(update));
      const which =
        version === undefined ? countText(answer.updatedCount, 'version', 'versions') : `version ${version}`;
      printAnswer(options, answer, () => `${name}: ${which} now ${status}`);
    });
}

export function addEntryDeletion(entries: Command): void {
  addPublishedOptions(entries.command('delete'))
    .argument('<name>', 'name of the server')
    .argument('<version>', 'the version')
    .description('Delete a published version; the same version can never be published again')
    .addHelpText('after', '\nExample:\n  $ rollcall admin entries delete com.example/weather 1.0.0')
    .action(async (name: string, version: string, { registry, ...options }: PublishedOptions) => {
      const deleted = { name, version, ...(registry !== undefined && { registry }) };
      await askServer(options, (client) => client.entries.delete.mutate(deleted));
      printAnswer(options, deleted, () => `Deleted ${name} ${version}`);
    });
}
