import { type Command, Option } from 'commander';
import { type AdminAnswers, type AdminClient, askServer } from '../../server/admin-client.ts';
import { claimsText } from '../../terminal/texts.ts';
import { CommandFailure, USAGE_EXIT_STATUS } from '../../terminal/failure.ts';
import { addServerOptions, printAnswer, type ServerOptions } from '../../server/server-options.ts';
import { formatTable } from '../../terminal/table.ts';

interface ListOptions extends ServerOptions {
  readonly source?: string;
  readonly registry?: string;
  readonly deleted: boolean;
}

type EntryPage = AdminAnswers['entries']['ofSource'];
type ReadPage = (asked: {
  readonly limit: number;
  readonly after?: NonNullable<EntryPage['next']>;
}) => Promise<EntryPage>;

/** The server's maximum page size. */
const PAGE_SIZE = 1000;

export function addEntryList(entries: Command): void {
  addServerOptions(entries.command('list'))
    .addOption(new Option('--source <name>', 'list the entries of this source').conflicts('registry'))
    .option('--registry <name>', 'list the entries of all sources of this registry, including hidden ones')
    .option('--deleted', 'include deleted entries', false)
    .description('List entries with the claims that readers must hold')
    .addHelpText(
      'after',
      [
        '\nA registry serves a name from the first source that has it. Entries of the other sources are listed here as well.',
        '\nExamples:',
        '  $ rollcall admin entries list --source internal',
        '  $ rollcall admin entries list --registry partners --json | jq length',
      ].join('\n'),
    )
    .action(async (options: ListOptions) => {
      const listed = await askServer(options, (client) => readAll(pagesOf(client, options)));
      printAnswer(options, listed, () =>
        formatTable(
          ['kind', 'name', 'version', 'status', 'source', 'claims'],
          listed.map(({ entryKind, name, version, status, sourceName, claims }) => [
            entryKind,
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
  throw new CommandFailure('Pass --source NAME or --registry NAME', USAGE_EXIT_STATUS);
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
