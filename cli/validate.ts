import type { Command } from 'commander';
import type { Fault } from '../registry/server-json.ts';
import { readDocumentText } from './document-file.ts';
import { CommandFailure, describeError } from './failure.ts';
import { formatTable } from './table.ts';

export function addValidateCommand(program: Command): void {
  program
    .command('validate')
    .argument('<file>', 'a server.json, or - for standard input')
    .description('Check a server.json by the rules for publishing, without a server')
    .option('--json', 'print the faults as JSON', false)
    .addHelpText(
      'after',
      '\nExamples:\n  $ rollcall validate server.json\n  $ jq .server entry.json | rollcall validate -',
    )
    .action(async (file: string, { json }: { json: boolean }) => {
      const { checkServerJson } = await import('../registry/server-json.ts');
      const faults = checkServerJson(parse(file, await readDocumentText(file)));
      console.log(json ? JSON.stringify({ valid: faults.length === 0, faults }, null, 2) : faultsText(file, faults));
      if (faults.length > 0) throw new CommandFailure('');
    });
}

function parse(file: string, text: string): unknown {
  try {
    return JSON.parse(text);
  } catch (error) {
    throw new CommandFailure(`${file} is not JSON: ${describeError(error)}`);
  }
}

function faultsText(file: string, faults: readonly Fault[]): string {
  if (faults.length === 0) return `${file} is valid`;
  const count = faults.length === 1 ? 'a fault' : `${faults.length} faults`;
  const rows = faults.map(({ path, message }) => [path === '' ? '(the document)' : path, message]);
  return `${file} has ${count}:\n${formatTable(['where', 'what'], rows)}`;
}
