import type { Command } from 'commander';
import type { ImportedItem } from '../../import/toolhive.ts';
import { addConfigurationOption, type ConfigurationFileOption, readConfiguration } from '../../run/configuration.ts';
import { printAnswer } from '../../server/server-options.ts';
import { countText } from '../../terminal/texts.ts';
import { describeError } from '../../../telemetry/describe-error.ts';
import { CommandFailure } from '../../terminal/failure.ts';

interface ToolhiveImportOptions extends ConfigurationFileOption {
  readonly passwordFile?: string;
  readonly dryRun: boolean;
  readonly json: boolean;
}

export function addToolhiveImport(command: Command): void {
  addConfigurationOption(command.command('toolhive'))
    .argument('<url>', 'database of a ToolHive Registry Server: postgres://USER@HOST:PORT/DATABASE?sslmode=MODE')
    .description(
      'Copy published servers, skills, and plugins, and sources and registries created through the API, from a ToolHive Registry Server',
    )
    .option(
      '--password-file <file>',
      'file with the password for that database (default: the PostgreSQL password file)',
    )
    .option('--dry-run', 'only list what would be imported', false)
    .option('--json', 'print JSON', false)
    .addHelpText(
      'after',
      [
        '\nNothing is written to that database: a read-only user is enough. Entries keep their claims and dates.',
        'It skips what Rollcall already has, so it can be repeated. The worker starts new sources within minutes.',
        '\nExamples:',
        '  $ rollcall import toolhive postgres://reader@db.example.com/registry --config rollcall.yaml --dry-run',
        '  $ rollcall import toolhive postgres://reader@db.example.com/registry --password-file reader.txt --config rollcall.yaml',
      ].join('\n'),
    )
    .action(run);
}

async function run(url: string, options: ToolhiveImportOptions): Promise<void> {
  const { applicationConnection } = await import('../../../config/connection.ts');
  const { describeDatabaseFailure } = await import('../../../config/connection-failure.ts');
  const { openDatabase } = await import('../../../db/connection/database.ts');
  const { readToolhiveContents } = await import('../../../db/toolhive/contents.ts');
  const { databaseAt } = await import('../../import/database-url.ts');
  const { importToolhive, notImported } = await import('../../import/toolhive.ts');
  const origin = await databaseAt(url, options.passwordFile);
  const configuration = await readConfiguration(options.config);
  const settings = configuration.database;
  if (settings === undefined) {
    throw new CommandFailure(`${options.config} has no \`database\` section, which names the database of Rollcall`);
  }
  const contents = await readToolhiveContents(origin).catch((error: unknown) => {
    const where = `${origin.database} at ${origin.host}:${origin.port}`;
    throw new CommandFailure(`The other server's database ${where} can't be read: ${describeError(error)}`);
  });
  const database = await openDatabase(await applicationConnection(settings)).catch((error: unknown) => {
    throw new CommandFailure(`Rollcall's database can't be used: ${describeDatabaseFailure(error, settings)}`);
  });
  try {
    const items = await importToolhive(contents, { database, configuration, isDryRun: options.dryRun });
    const remarks = notImported(contents);
    printAnswer(options, { items, notImported: remarks }, () => reportOf(items, remarks, options));
    if (items.some(({ outcome }) => outcome === 'refused')) {
      throw new CommandFailure('Some items were refused: see the reasons above');
    }
  } finally {
    await database.close();
  }
}

function reportOf(
  items: readonly ImportedItem[],
  remarks: readonly string[],
  { dryRun }: ToolhiveImportOptions,
): string {
  const count = (wanted: ImportedItem['outcome']): number => items.filter(({ outcome }) => outcome === wanted).length;
  const would = dryRun ? 'would be imported' : 'imported';
  return [
    ...items.map((item) => itemText(item, would)),
    ...(remarks.length > 0 ? ['Not imported:', ...remarks.map((remark) => `  ${remark}`)] : []),
    `${countText(items.length, 'item', 'items')}: ${count('imported')} ${would}, ${count('existing')} already existing, ${count('refused')} refused`,
  ].join('\n');
}

function itemText({ kind, name, version, outcome, reason }: ImportedItem, would: string): string {
  const what = `${kind} ${name}${version === undefined ? '' : ` ${version}`}`;
  return `${what}: ${outcome === 'imported' ? would : outcome}${reason === undefined ? '' : `: ${reason}`}`;
}
