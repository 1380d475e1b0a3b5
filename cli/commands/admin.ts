import type { Command } from 'commander';
import { addAdminAuditCommand } from './admin/audit.ts';
import { addAdminEntriesCommand } from './admin/entries.ts';
import { addAdminRegistriesCommand } from './admin/registries.ts';
import { addAdminSourcesCommand } from './admin/sources.ts';
import { addMeCommand } from './me.ts';

/** The admin API on the command line, one group for each of its routers. */
export function addAdminCommand(program: Command): void {
  const admin = program
    .command('admin')
    .description('Change sources, registries and entries while Rollcall runs, and see who did what')
    .addHelpText(
      'after',
      [
        '\nWhat the configuration file defines is changed there; these commands manage what is created with them.',
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
