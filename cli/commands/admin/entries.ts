import type { Command } from 'commander';
import { addEntryClaims } from './entry-claims.ts';
import { addEntryList } from './entry-list.ts';
import { addEntryDeletion, addEntryStatus } from './entry-changes.ts';
import { publishes } from '../publish.ts';

export function addAdminEntriesCommand(admin: Command): void {
  const entries = admin
    .command('entries')
    .description('Versions of servers: those that sources have, and those that are published here');
  addEntryList(entries);
  publishes(entries.command('publish')).addHelpText('after', '\nThe same as `rollcall publish`.');
  addEntryStatus(entries);
  addEntryDeletion(entries);
  addEntryClaims(entries);
}
