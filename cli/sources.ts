import type { Command } from 'commander';
import { askServer } from './admin-client.ts';
import { addServerOptions, printAnswer, type ServerOptions } from './server-options.ts';
import { outcomeText } from './sync-outcome.ts';
import { formatTable } from './table.ts';
import { relativeTime } from './time-text.ts';

export function addSourcesCommand(program: Command): void {
  const command = program
    .command('sources')
    .description('List the sources and how their last syncs went')
    .addHelpText('after', '\nExamples:\n  $ rollcall sources\n  $ rollcall sources --json | jq -r ".[].name"');
  addServerOptions(command).action(async (options: ServerOptions) => {
    const sources = await askServer(options, (client) => client.sources.list.query());
    printAnswer(options, sources, () =>
      formatTable(
        ['source', 'kind', 'entries', 'last sync', 'when'],
        sources.map(({ name, kind, entryCount, lastRun, detachedAt }) => [
          name,
          kind,
          entryCount,
          detachedAt === null ? syncText(kind, lastRun) : 'left the configuration',
          relativeTime(lastRun?.endedAt ?? lastRun?.startedAt),
        ]),
      ),
    );
  });
}

function syncText(kind: string, lastRun: Parameters<typeof outcomeText>[0]): string {
  return kind === 'managed' ? 'published to, never synced' : outcomeText(lastRun);
}
