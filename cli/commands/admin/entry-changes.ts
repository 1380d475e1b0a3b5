/** Commands that change published versions in managed sources. */
import { Argument, type Command } from 'commander';
import { ENTRY_STATUSES, type EntryStatus } from '../../../registry/entry.ts';
import type { EntryKind } from '../../../registry/entry-kind.ts';
import { countText } from '../../terminal/texts.ts';
import { entryKindOption } from '../../terminal/options.ts';
import { askServer } from '../../server/admin-client.ts';
import { addServerOptions, printAnswer, type ServerOptions } from '../../server/server-options.ts';

/** Options that say what was published, and where. */
export interface PublishedOptions extends ServerOptions {
  readonly kind: EntryKind;
  readonly registry?: string;
}

/** Adds `--kind` and `--registry`. */
export function addPublishedOptions(command: Command): Command {
  return addServerOptions(command)
    .addOption(entryKindOption())
    .option('--registry <name>', 'registry it was published to (default: the default registry)');
}

interface StatusOptions extends PublishedOptions {
  readonly version?: string;
  readonly message?: string;
}

export function addEntryStatus(entries: Command): void {
  addPublishedOptions(entries.command('status'))
    .argument('<name>', 'name of the entry')
    .addArgument(new Argument('<status>', 'the new status').choices(ENTRY_STATUSES))
    .option('--version <version>', 'change only this version (default: all versions)')
    .option('--message <text>', 'message shown to users')
    .description('Mark published versions as deprecated, deleted, or active; skills and plugins also as archived')
    .addHelpText(
      'after',
      [
        '\nExamples:',
        '  $ rollcall admin entries status com.example/weather deprecated --message "Use com.example/climate"',
        '  $ rollcall admin entries status com.example/weather active --version 2.0.0',
        '  $ rollcall admin entries status com.example/pdf archived --kind skill',
      ].join('\n'),
    )
    .action(async (name: string, status: EntryStatus, options: StatusOptions) => {
      const { kind, registry, version, message } = options;
      const update = {
        entryKind: kind,
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
    .argument('<name>', 'name of the entry')
    .argument('<version>', 'the version')
    .description('Delete a published version; the same version can never be published again')
    .addHelpText('after', '\nExample:\n  $ rollcall admin entries delete com.example/weather 1.0.0')
    .action(async (name: string, version: string, { kind, registry, ...options }: PublishedOptions) => {
      const deleted = { entryKind: kind, name, version, ...(registry !== undefined && { registry }) };
      await askServer(options, (client) => client.entries.delete.mutate(deleted));
      printAnswer(options, deleted, () => `Deleted ${name} ${version}`);
    });
}
