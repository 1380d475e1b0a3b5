import { type Command, Option } from 'commander';
import type { inferRouterOutputs } from '@trpc/server';
import type { AdminRouter } from '../../../api/trpc/router.ts';
import { type AdminClient, askServer } from '../../server/admin-client.ts';
import { claimsText } from '../../terminal/claims-text.ts';
import { CommandFailure, USAGE_EXIT_STATUS } from '../../terminal/failure.ts';
import { addServerOptions, printAnswer, type ServerOptions } from '../../server/server-options.ts';
import { formatTable } from '../../terminal/table.ts';

interface ListOptions extends ServerOptions {
  readonly source?: string;
  readonly registry?: string;
  readonly deleted: boolean;
}

type EntryPage = inferRouterOutputs<AdminRouter>['entries']['ofSource'];
type ReadPage = (asked: {
  readonly limit: number;
  readonly after?: NonNullable<EntryPage['next']>;
}) => Promise<EntryPage>;

/** As many as the server gives at once. */
const PAGE_SIZE = 1000;

export function addEntryList(entries: Command): void {
  addServerOptions(entries.command('list'))
    .addOption(new Option('--source <name>', 'what this source has').conflicts('registry'))
    .option('--registry <name>', 'what all sources of this registry have, also what it does not show')
    .option('--deleted', 'those as well that were deleted', false)
    .description('List entries with the claims that their readers must hold')
    .addHelpText(
      'after',
      [
        '\nWithin a registry a name belongs to the first source that has it; the entries of the others are listed as well.',
        '\nExamples:',
        '  $ rollcall admin entries list --source internal',
        '  $ rollcall admin entries list --registry partners --json | jq length',
      ].join('\n'),
    )
    .action(async (options: ListOptions) => {
      const listed = await askServer(options, (client) => readAll(pagesOf(client, options)));
      printAnswer(options, listed, () =>
        formatTable(
          ['name', 'version', 'status', 'source', 'claims'],
          listed.map(({ name, version, status, sourceName, claims }) => [
            name,
            version,
            status,
            sourceName,
            claimsText(claims),
          ]),
        ),
      );
    });
}

function pagesOf(client: AdminClient, { source, registry, deleted }: ListOptions): ReadPage {
  const of = { includeDeleted: deleted };
  if (source !== undefined) return (asked) => client.entries.ofSource.query({ ...of, ...asked, name: source });
  if (registry !== undefined) return (asked) => client.entries.ofRegistry.query({ ...of, ...asked, name: registry });
  throw new CommandFailure('Say whose entries: --source NAME or --registry NAME', USAGE_EXIT_STATUS);
}

async function readAll(read: ReadPage): Promise<EntryPage['entries']> {
  let page = await read({ limit: PAGE_SIZE });
  const all = [...page.entries];
  while (page.next !== null) {
    page = await read({ limit: PAGE_SIZE, after: page.next });
    all.push(...page.entries);
  }
  return all;
}
