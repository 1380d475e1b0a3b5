import type { Command } from 'commander';
import { addRegistryImport } from './import/registry.ts';
import { addToolhiveImport } from './import/toolhive.ts';

export function addImportCommand(program: Command): void {
  const command = program.command('import').description('Import from another registry');
  addRegistryImport(command);
  addToolhiveImport(command);
}
