import type { Command } from 'commander';
import type { EntryKind } from '../../../registry/entry-kind.ts';
import { listPath, readJson, registryPath } from '../../server/registry-reads.ts';
import { connectServer } from '../../server/server-connection.ts';
import { addServerOptions, printAnswer, type ServerOptions } from '../../server/server-options.ts';
import { entryKindOption, positiveInteger } from '../../terminal/options.ts';
import { formatTable } from '../../terminal/table.ts';

interface SearchOptions extends ServerOptions {
  readonly kind: EntryKind;
  readonly registry?: string;
  readonly limit: number;
}

interface Described {
  readonly name: string;
  readonly version: string;
  readonly description: string;
}
type FoundSkill = Described & { readonly namespace: string };

/** A page of a list of servers, skills, or plugins. */
interface Found {
  readonly servers?: readonly { readonly server: Described }[];
  readonly skills?: readonly FoundSkill[];
  readonly plugins?: readonly FoundSkill[];
  readonly metadata: { readonly nextCursor?: string };
}

export function addSearchCommand(program: Command): void {
  addServerOptions(program.command('search'))
    .argument('<term>', 'part of a name, title, or description')
    .description('Find servers, skills, or plugins in a registry')
    .addOption(entryKindOption())
    .option('--registry <name>', 'the registry (default: the default registry)')
    .option('--limit <number>', 'maximum number of results', positiveInteger, 30)
    .addHelpText(
      'after',
      '\nExamples:\n  $ rollcall search weather\n  $ rollcall search weather --registry approved --json\n  $ rollcall search pdf --kind skill',
    )
    .action(async (term: string, { kind, registry, limit, ...options }: SearchOptions) => {
      const query = new URLSearchParams({ search: term, limit: String(limit) });
      if (kind === 'server') query.set('version', 'latest');
      const path = `${registryPath(registry)}${listPath(kind)}?${query.toString()}`;
      const found = await readJson<Found>(await connectServer(options), path);
      printAnswer(options, found, (shown) => foundText(kind, shown));
    });
}

function foundText(kind: EntryKind, { servers = [], skills = [], plugins = [], metadata }: Found): string {
  const rows = [
    ...servers.map(({ server: { name, version, description } }) => [name, version, description]),
    ...[...skills, ...plugins].map((found) => [`${found.namespace}/${found.name}`, found.version, found.description]),
  ];
  if (rows.length === 0) return `No ${kind} matches`;
  const table = formatTable([kind, 'version', 'description'], rows, { shortened: ['description'] });
  return metadata.nextCursor === undefined
    ? table
    : `${table}\n\nThere are more: use a longer term, or a higher --limit`;
}
