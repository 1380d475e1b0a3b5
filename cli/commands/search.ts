import type { Command } from 'commander';
import { readJson, registryPath } from '../server/registry-reads.ts';
import { connectServer } from '../server/server-connection.ts';
import { addServerOptions, printAnswer, type ServerOptions } from '../server/server-options.ts';
import { positiveInteger } from '../terminal/positive-integer.ts';
import { formatTable } from '../terminal/table.ts';

interface SearchOptions extends ServerOptions {
  readonly registry?: string;
  readonly limit: number;
}

interface FoundServers {
  readonly servers: readonly {
    readonly server: {
      readonly name: string;
      readonly version: string;
      readonly title?: string;
      readonly description: string;
    };
  }[];
  readonly metadata: { readonly nextCursor?: string };
}

export function addSearchCommand(program: Command): void {
  addServerOptions(program.command('search'))
    .argument('<term>', 'part of a name, title or description')
    .description('Find servers in a registry')
    .option('--registry <name>', 'the registry (default: the default registry)')
    .option('--limit <number>', 'how many servers to print', positiveInteger, 30)
    .addHelpText(
      'after',
      '\nExamples:\n  $ rollcall search weather\n  $ rollcall search weather --registry approved --json',
    )
    .action(async (term: string, { registry, limit, ...options }: SearchOptions) => {
      const query = new URLSearchParams({ search: term, version: 'latest', limit: String(limit) });
      const path = `${registryPath(registry)}/v0.1/servers?${query.toString()}`;
      const found = await readJson<FoundServers>(await connectServer(options), path);
      printAnswer(options, found, foundText);
    });
}

function foundText({ servers, metadata }: FoundServers): string {
  if (servers.length === 0) return 'No server matches';
  const table = formatTable(
    ['server', 'version', 'description'],
    servers.map(({ server: { name, version, description } }) => [name, version, description]),
  );
  return metadata.nextCursor === undefined
    ? table
    : `${table}\n\nThere are more: use a longer term, or a higher --limit`;
}
