import type { Command } from 'commander';
import { addAdminAuditCommand } from './admin/audit.ts';
import { addAdminEntriesCommand } from './admin/entries.ts';
import { addAdminRegistriesCommand } from './admin/registries.ts';
import { addAdminSourcesCommand } from './admin/sources.ts';
import { addMeCommand } from './me.ts';

/** The admin API on the command line: one command group per tRPC router. */
export function addAdminCommand(program: Command): void {
  const admin = program
    .command('admin')
    .description('Manage sources, registries, and entries at run time, and read the audit log')
    .addHelpText(
      'after',
      [
        '\nThese commands manage objects that were created through the API. Objects that the configuration file defines are changed in the file.',
        '\nExamples:',
        '  $ rollcall admin sources create -f partner-catalog.yaml',
        '  $ rollcall admin registries create -f partners.yaml',
        '  $ rollcall admin entries list --source internal',
      ].join('\n'),
    );
  addAdminSourcesCommand(admin);
  addAdminRegistriesCommand(admin);
  addAdminEntriesCommand(admin);
  addAdminAuditCommand(admin);
  addMeCommand(admin);
}
