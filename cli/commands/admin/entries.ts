import type { Command } from 'commander';
import { addEntryClaims } from './entry-claims.ts';
import { addEntryList } from './entry-list.ts';
import { addEntryDeletion, addEntryStatus } from './entry-changes.ts';
import { publishes } from '../publish.ts';

export function addAdminEntriesCommand(admin: Command): void {
  const entries = admin
    .command('entries')
    .description('List entries; publish, deprecate, and delete versions in managed sources');
  addEntryList(entries);
  publishes(entries.command('publish')).addHelpText('after', '\nSame as `rollcall publish`.');
  addEntryStatus(entries);
  addEntryDeletion(entries);
  addEntryClaims(entries);
}
