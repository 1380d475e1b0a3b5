import { type Command, Option } from 'commander';
import type { Claims } from '../../../registry/claims.ts';
import { type AdminClient, askServer } from '../../server/admin-client.ts';
import { claimsText, collectClaim } from '../../terminal/claims-text.ts';
import { printAnswer } from '../../server/server-options.ts';
import { addPublishedOptions, type PublishedOptions } from './entry-changes.ts';

interface ClaimsOptions extends PublishedOptions {
  readonly set?: Claims;
  readonly clear: boolean;
}

export function addEntryClaims(entries: Command): void {
  addPublishedOptions(entries.command('claims'))
    .argument('<name>', 'name of the server')
    .addOption(
      new Option('--set <name=value>', 'give it these claims in place of its own; again for more of them')
        .argParser(collectClaim)
        .conflicts('clear'),
    )
    .option('--clear', 'take its own claims away, so that those of its source count', false)
    .description('Show what readers of a published server must hold, or change it')
    .addHelpText(
      'after',
      [
        '\nClaims belong to the name, not to one version. A claim that is given twice has several values, of which a reader',
        'must hold one.',
        '\nExamples:',
        '  $ rollcall admin entries claims com.example/weather',
        '  $ rollcall admin entries claims com.example/weather --set team=payments --set region=eu --set region=us',
        '  $ rollcall admin entries claims com.example/weather --clear',
      ].join('\n'),
    )
    .action(async (name: string, { registry, set, clear, ...options }: ClaimsOptions) => {
      const server = { name, ...(registry !== undefined && { registry }) };
      const claims = clear ? {} : set;
      const required = await askServer(options, async (client: AdminClient) => {
        if (claims !== undefined) await client.entries.setClaims.mutate({ ...server, claims });
        return client.entries.claims.query(server);
      });
      printAnswer(options, required, () => {
        const text = claimsText(required.claims);
        return text === null ? `${name} has no claims` : `${text}${required.areOwn ? '' : ' (those of its source)'}`;
      });
    });
}
