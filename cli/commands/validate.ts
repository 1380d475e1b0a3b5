import type { Command } from 'commander';
import type { EntryKind } from '../../registry/entry-kind.ts';
import type { Fault } from '../../registry/server-json/check.ts';
import { faultsText } from '../terminal/table.ts';
import { entryKindOption } from '../terminal/options.ts';
import { readDocumentText } from '../terminal/document-file.ts';
import { describeError } from '../../telemetry/describe-error.ts';
import { CommandFailure } from '../terminal/failure.ts';

export function addValidateCommand(program: Command): void {
  program
    .command('validate')
    .argument('<file>', 'a server.json, or the document of a skill or plugin; - for standard input')
    .description('Check a document against the publishing rules, without contacting a server')
    .addOption(entryKindOption())
    .option('--json', 'print the faults as JSON', false)
    .addHelpText(
      'after',
      '\nExamples:\n  $ rollcall validate server.json\n  $ jq .skill entry.json | rollcall validate - --kind skill',
    )
    .action(async (file: string, { kind, json }: { kind: EntryKind; json: boolean }) => {
      const text = await readDocumentText(file);
      const faults = await faultsOf(kind, parse(file, text), text);
      const summary = faults.length === 0 ? `${file} is valid` : faultsText(file, faults);
      console.log(json ? JSON.stringify({ valid: faults.length === 0, faults }, null, 2) : summary);
      if (faults.length > 0) throw new CommandFailure('');
    });
}

async function faultsOf(kind: EntryKind, document: unknown, text: string): Promise<readonly Fault[]> {
  if (kind !== 'server') {
    const { checkSkill } = await import('../../registry/skills/check-skill.ts');
    return checkSkill(kind, document, text);
  }
  const { checkServerJson } = await import('../../registry/server-json/check.ts');
  return checkServerJson(document, { text });
}

function parse(file: string, text: string): unknown {
  try {
    return JSON.parse(text);
  } catch (error) {
    throw new CommandFailure(`${file} is not JSON: ${describeError(error)}`);
  }
}
