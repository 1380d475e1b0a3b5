import { readFile, writeFile } from 'node:fs/promises';
import { type Command, Option } from 'commander';
import type { ExportList, ExportReport } from '../../../api/endpoints/exports/response-schemas.ts';
import { EXPORT_MODES, EXPORT_VERSIONS } from '../../../registry/exports/target.ts';
import { readJson, readText, registryPath } from '../../server/registry-reads.ts';
import { connectServer } from '../../server/server-connection.ts';
import { addServerOptions, printAnswer, type ServerOptions } from '../../server/server-options.ts';
import { describeError } from '../../../telemetry/describe-error.ts';
import { CommandFailure, USAGE_EXIT_STATUS } from '../../terminal/failure.ts';
import { formatTable } from '../../terminal/table.ts';

interface ExportCommandOptions extends ServerOptions {
  readonly registry: string;
  readonly mode?: string;
  readonly versions?: string;
  readonly output?: string;
  readonly check: boolean;
  readonly report: boolean;
}

export function addExportCommand(program: Command): void {
  addServerOptions(program.command('export'))
    .argument('[target]', 'the client and file; without it, the targets are listed')
    .description('Write a registry as the policy or configuration file of a client')
    .option('--registry <name>', 'the registry', 'default')
    .addOption(
      new Option('--mode <mode>', 'whether the file adds the servers, allows them, or both').choices(EXPORT_MODES),
    )
    .addOption(new Option('--versions <which>', 'the versions to allow').choices(EXPORT_VERSIONS))
    .option('--output <file>', 'write to this file instead of standard output')
    .option('--check', 'compare with --output, print the difference, and exit with status 1 if there is one', false)
    .option('--report', 'print which entries are included, and why others are left out', false)
    .addHelpText(
      'after',
      [
        '\nExamples:',
        '  $ rollcall export',
        '  $ rollcall export copilot-managed-settings --registry approved --output managed-settings.json',
        '  $ rollcall export copilot-managed-settings --registry approved --output managed-settings.json --check',
        '  $ rollcall export claude-code-managed-settings --registry approved --report',
      ].join('\n'),
    )
    .action(async (target: string | undefined, options: ExportCommandOptions) => {
      if (target === undefined) await listTargets(options);
      else if (options.report) await printReport(target, options);
      else await writeExport(target, options);
    });
}

async function listTargets(options: ExportCommandOptions): Promise<void> {
  const connection = await connectServer(options);
  const list = await readJson<ExportList>(connection, `${registryPath(options.registry)}/exports`);
  printAnswer(options, list, ({ targets }) =>
    formatTable(
      ['target', 'client and file', 'included', 'left out'],
      targets.map(({ target, title, included, leftOut }) => [target, title, included, leftOut]),
    ),
  );
}

async function printReport(target: string, options: ExportCommandOptions): Promise<void> {
  const report = await readJson<ExportReport>(await connectServer(options), exportPath(target, options, '/report'));
  printAnswer(options, report, ({ servers }) =>
    formatTable(
      ['name', 'included', 'versions', 'notes'],
      servers.map(({ name, included, versions, notes }) => [
        name,
        included ? 'yes' : 'no',
        versions.length === 0 ? null : versions.join(' '),
        notes.join('; '),
      ]),
    ),
  );
}

async function writeExport(target: string, options: ExportCommandOptions): Promise<void> {
  const { output, check } = options;
  if (check && output === undefined)
    throw new CommandFailure('--check compares with the file in --output', USAGE_EXIT_STATUS);
  const { text } = await readText(await connectServer(options), exportPath(target, options));
  if (output === undefined) process.stdout.write(text);
  else if (check) await compare(output, text);
  else await writeFile(output, text);
}

function exportPath(target: string, { registry, mode, versions }: ExportCommandOptions, end = ''): string {
  const query = new URLSearchParams({
    ...(mode !== undefined && { mode }),
    ...(versions !== undefined && { version: versions }),
  });
  const path = `${registryPath(registry)}/exports/${encodeURIComponent(target)}${end}`;
  return query.size === 0 ? path : `${path}?${query.toString()}`;
}

/** @throws CommandFailure if the file differs, after printing the difference */
async function compare(file: string, expected: string): Promise<void> {
  const actual = await readFile(file, 'utf8').catch((error: unknown) => {
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return '';
    throw new CommandFailure(`${file} can't be read: ${describeError(error)}`);
  });
  if (actual === expected) return;
  const { createTwoFilesPatch } = await import('diff'); // slow to load
  process.stdout.write(createTwoFilesPatch(file, `${file} (in the registry)`, actual, expected));
  throw new CommandFailure(`${file} differs from the registry: run the same command without --check to update it`);
}
