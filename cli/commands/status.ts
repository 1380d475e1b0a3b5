import type { Command } from 'commander';
import { askServer } from '../server/admin-client.ts';
import { countText } from '../terminal/count-text.ts';
import { addServerOptions, baseUrl, printAnswer, type ServerOptions } from '../server/server-options.ts';
import { outcomeText } from '../terminal/sync-outcome.ts';

export function addStatusCommand(program: Command): void {
  const command = program
    .command('status')
    .description('Show the version, the number of entries, and failing sources')
    .addHelpText('after', '\nExample:\n  $ rollcall status --server https://registry.example');
  addServerOptions(command).action(async (options: ServerOptions) => {
    const status = await askServer(options, async (client) => {
      const [information, sources] = await Promise.all([client.system.info.query(), client.sources.list.query()]);
      return { ...information, failing: sources.filter(({ lastRun }) => lastRun?.outcome === 'failed') };
    });
    printAnswer(options, status, ({ software, temporal, counts, failing }) =>
      [
        `Rollcall ${software.version} at ${baseUrl(options.server)}`,
        `  ${countsText(counts)}`,
        `  Temporal ${temporal.address}, namespace ${temporal.namespace}`,
        ...(temporal.uiUrl === undefined ? [] : [`  Web UI   ${temporal.uiUrl}`]),
        ...(failing.length === 0 ? ['  No failing sources'] : ['  Failing sources:']),
        ...failing.map(({ name, lastRun }) => `    ${name}: ${outcomeText(lastRun)}`),
      ].join('\n'),
    );
  });
}

function countsText({ entries, sources, registries }: Record<'entries' | 'sources' | 'registries', number>): string {
  return [
    countText(entries, 'entry', 'entries'),
    `from ${countText(sources, 'source', 'sources')}`,
    `in ${countText(registries, 'registry', 'registries')}`,
  ].join(' ');
}
