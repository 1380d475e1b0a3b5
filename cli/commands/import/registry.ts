import { type Command, Option } from 'commander';
import type { Claims } from '../../../registry/claims.ts';
import { storedName } from '../../../registry/entry-kind.ts';
import { findAccessToken } from '../../server/access-token.ts';
import { importVersion, type ImportedVersion, readRegistry } from '../../import/registry.ts';
import { trustCertificateAuthorities } from '../../server/certificate-authorities.ts';
import { connectServer, connectWithToken, type ServerConnection } from '../../server/server-connection.ts';
import { addServerOptions, baseUrl, printAnswer, type ServerOptions } from '../../server/server-options.ts';
import { collectClaim } from '../../terminal/options.ts';
import { CommandFailure } from '../../terminal/failure.ts';
import { printable } from '../../terminal/printable.ts';

interface ImportOptions extends ServerOptions {
  readonly registry?: string;
  readonly claim?: Claims;
  readonly fromTokenFile?: string;
  readonly dryRun: boolean;
}

export function addRegistryImport(command: Command): void {
  addServerOptions(command.command('registry'))
    .argument('<url>', 'base URL of the other registry, which serves /v0.1/servers below it')
    .description('Copy the servers, skills, and plugins of a registry with the v0.1 API into a managed source, once')
    .option('--registry <name>', 'target registry with a managed source (default: the default registry)')
    .option('--claim <name=value>', 'claim that readers of the imported entries must hold; repeatable', collectClaim)
    .addOption(new Option('--from-token-file <file>', 'file with a bearer token for the other registry'))
    .option('--dry-run', 'only list what would be imported', false)
    .addHelpText(
      'after',
      [
        '\nVersions that the target already has are skipped, so an interrupted import can be repeated. Statuses are',
        'copied; deleted versions are not. To follow a registry continuously, configure a source of the kind `api` instead.',
        '\nExamples:',
        '  $ rollcall import registry https://old-registry.example.com --dry-run',
        '  $ rollcall import registry https://old-registry.example.com/registry/internal --registry internal --claim team=payments',
      ].join('\n'),
    )
    .action(async (url: string, options: ImportOptions) => {
      const origin = await connectOrigin(baseUrl(url, 'url'), options.fromTokenFile);
      if (options.dryRun) {
        await trustCertificateAuthorities(options.caFile);
        const found = await readRegistry(origin);
        const versions = found.map(({ kind, name, version }) => ({ name: storedName(kind, name), version }));
        printAnswer(options, versions, (listed) => listed.map(versionText).join('\n'));
        return;
      }
      // First, because the authorities in --ca-file are trusted from then on, for the other registry as well.
      const connection = await connectServer(options);
      const found = await readRegistry(origin);
      const { registry, claim: claims } = options;
      const target = {
        connection,
        ...(registry !== undefined && { registry }),
        ...(claims !== undefined && { claims }),
      };
      const imported: ImportedVersion[] = [];
      for (const version of found) {
        const result = await importVersion(version, target);
        imported.push(result);
        if (!options.json) console.log(`${result.outcome.padEnd(9)}  ${versionText(result)}${reasonText(result)}`);
      }
      const count = (outcome: ImportedVersion['outcome']): number =>
        imported.filter((version) => version.outcome === outcome).length;
      printAnswer(
        options,
        imported,
        () => `${count('published')} published, ${count('existing')} already existing, ${count('refused')} refused`,
      );
      if (count('refused') > 0) throw new CommandFailure('Some versions were refused: see the reasons above');
    });
}

/** Sends no token without a token file: ROLLCALL_TOKEN and the stored login are for Rollcall. */
async function connectOrigin(url: string, tokenFile: string | undefined): Promise<ServerConnection> {
  const token = tokenFile === undefined ? undefined : await findAccessToken(url, tokenFile);
  return connectWithToken(url, token, 'Check the URL, or pass a token for it with --from-token-file');
}

function versionText({ name, version }: { readonly name: string; readonly version: string }): string {
  return printable(`${name} ${version}`);
}

function reasonText({ reason }: ImportedVersion): string {
  return reason === undefined ? '' : `: ${printable(reason)}`;
}
