import type { Command } from 'commander';
import { readDocumentText } from '../terminal/document-file.ts';
import { CommandFailure, describeError } from '../terminal/failure.ts';
import { faultsText } from '../terminal/fault-table.ts';

export function addValidateCommand(program: Command): void {
  program
    .command('validate')
    .argument('<file>', 'a server.json, or - for standard input')
    .description('Check a server.json against the publishing rules, without contacting a server')
    .option('--json', 'print the faults as JSON', false)
    .addHelpText(
      'after',
      '\nExamples:\n  $ rollcall validate server.json\n  $ jq .server entry.json | rollcall validate -',
    )
    .action(async (file: string, { json }: { json: boolean }) => {
      const { checkServerJson } = await import('../../registry/server-json.ts');
      const text = await readDocumentText(file);
      const faults = checkServerJson(parse(file, text), { text });
      const summary = faults.length === 0 ? `${file} is valid` : faultsText(file, faults);
      console.log(json ? JSON.stringify({ valid: faults.length === 0, faults }, null, 2) : summary);
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
