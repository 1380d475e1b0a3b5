import { type Command, Option } from 'commander';
import type { Claims } from '../../../registry/claims.ts';
import { type AdminClient, askServer } from '../../server/admin-client.ts';
import { collectClaim } from '../../terminal/options.ts';
import { claimsText } from '../../terminal/texts.ts';
import { printAnswer } from '../../server/server-options.ts';
import { addPublishedOptions, type PublishedOptions } from './entry-changes.ts';

interface ClaimsOptions extends PublishedOptions {
  readonly set?: Claims;
  readonly clear: boolean;
}

export function addEntryClaims(entries: Command): void {
  addPublishedOptions(entries.command('claims'))
    .argument('<name>', 'name of the entry')
    .addOption(
      new Option('--set <name=value>', 'replace the claims of the entry; repeat for more claims')
        .argParser(collectClaim)
        .conflicts('clear'),
    )
    .option('--clear', 'remove the claims of the entry itself, so that the claims of its source apply', false)
    .description('Show or change the claims that readers of a published entry must hold')
    .addHelpText(
      'after',
      [
        '\nClaims apply to the name, not to one version. If you repeat a claim, readers must hold one of its values.',
        '\nExamples:',
        '  $ rollcall admin entries claims com.example/weather',
        '  $ rollcall admin entries claims com.example/weather --set team=payments --set region=eu --set region=us',
        '  $ rollcall admin entries claims com.example/weather --clear',
      ].join('\n'),
    )
    .action(async (name: string, { kind, registry, set, clear, ...options }: ClaimsOptions) => {
      const server = { entryKind: kind, name, ...(registry !== undefined && { registry }) };
      const claims = clear ? {} : set;
      const required = await askServer(options, async (client: AdminClient) => {
        if (claims !== undefined) await client.entries.setClaims.mutate({ ...server, claims });
        return client.entries.claims.query(server);
      });
      printAnswer(options, required, () => {
        const text = claimsText(required.claims);
        return text === null
          ? `${name} has no claims`
          : `${text}${required.areOwn ? '' : ' (inherited from its source)'}`;
      });
    });
}
