import type { Command } from 'commander';
import { askServer } from '../server/admin-client.ts';
import { addServerOptions, printAnswer, type ServerOptions } from '../server/server-options.ts';
import { outcomeText } from '../terminal/sync-outcome.ts';
import { formatTable } from '../terminal/table.ts';
import { relativeTime } from '../terminal/time-text.ts';
import { nextAttemptText, stateText } from '../terminal/source-state.ts';
import { isManaged } from '../../registry/source-definition.ts';

export function addSourcesCommand(program: Command): void {
  listSources(program.command('sources')).addHelpText(
    'after',
    [
      '\nExamples:',
      '  $ rollcall sources',
      '  $ rollcall sources --json | jq -r ".[].name"',
      '\nOn a terminal, long texts are shortened. `rollcall admin sources get NAME` shows them in full.',
      'Use `rollcall admin sources` to show details and to create, change, or delete sources.',
    ].join('\n'),
  );
}

/** Configures a command that lists sources; shared by `sources` and `admin sources list`. */
export function listSources(command: Command): Command {
  return addServerOptions(command)
    .description('List sources with their state and the outcome of their last sync')
    .action(async (options: ServerOptions) => {
      const sources = await askServer(options, (client) => client.sources.list.query());
      printAnswer(options, sources, () =>
        formatTable(
          ['source', 'kind', 'entries', 'state', 'when', 'last sync', 'next attempt'],
          sources.map(({ name, kind, state, entryCount, lastRun, detachedAt }) => [
            name,
            kind,
            entryCount,
            stateText(state),
            relativeTime(lastRun?.endedAt ?? lastRun?.startedAt),
            detachedAt === null ? lastSyncText(kind, lastRun) : 'removed from the configuration',
            nextAttemptText(state),
          ]),
          { shortened: ['state', 'last sync'] },
        ),
      );
    });
}

export function lastSyncText(kind: string, lastRun: Parameters<typeof outcomeText>[0]): string {
  return isManaged({ kind }) ? 'managed: published to directly' : outcomeText(lastRun);
}
