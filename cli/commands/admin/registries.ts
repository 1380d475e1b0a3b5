import type { Command } from 'commander';
import { type AdminAnswers, type AdminInputs, askServer } from '../../server/admin-client.ts';
import { claimsText, definedByText } from '../../terminal/texts.ts';
import { sendsDefinition } from '../../terminal/definition-file.ts';
import { formatDetails } from '../../terminal/table.ts';
import { listRegistries, pathsText } from '../registries.ts';
import { addServerOptions, printAnswer, type ServerOptions } from '../../server/server-options.ts';

type RegistryInput = AdminInputs['registries']['create'];
type RegistryDetails = AdminAnswers['registries']['get'];

const EXAMPLE_FILE = [
  '\nThe file has the format of one item in `registries` of the configuration file:',
  '  name: partners',
  '  sources: [partner-catalog, official]',
  '  claims: {team: integrations}',
].join('\n');

export function addAdminRegistriesCommand(admin: Command): void {
  const registries = admin
    .command('registries')
    .description('Manage registries: the views of sources that clients read');
  listRegistries(registries.command('list')).addHelpText('after', '\nSame as `rollcall registries`.');
  addGet(registries);
  addWrite(registries, 'create', 'Add a registry');
  addWrite(registries, 'update', 'Replace the sources, access, and claims of a registry');
  addDelete(registries);
}

function addGet(registries: Command): void {
  addServerOptions(registries.command('get'))
    .argument('<name>', 'name of the registry')
    .description('Show a registry and who can read it')
    .addHelpText('after', '\nExample:\n  $ rollcall admin registries get partners')
    .action(async (name: string, options: ServerOptions) => {
      const registry = await askServer(options, (client) => client.registries.get.query({ name }));
      printAnswer(options, registry, detailsText);
    });
}

function detailsText({ name, origin, isDefault, isImplicit, access, claims, sources }: RegistryDetails): string {
  return formatDetails(name, {
    'served at': pathsText(name, isDefault),
    'defined by': isImplicit ? 'default: serves all sources' : definedByText(origin),
    access,
    claims: claimsText(claims),
    sources: sources.join(', '),
  });
}

function addWrite(registries: Command, verb: 'create' | 'update', description: string): void {
  sendsDefinition(registries.command(verb), {
    send: (client, definition: RegistryInput) => client.registries[verb].mutate(definition),
    describe: ({ name, isDefault }) =>
      verb === 'create' ? `Created ${name}, served at ${pathsText(name, isDefault)}` : `Updated ${name}`,
  })
    .description(description)
    .addHelpText('after', `${EXAMPLE_FILE}\n\nExample:\n  $ rollcall admin registries ${verb} -f partners.yaml`);
}

function addDelete(registries: Command): void {
  addServerOptions(registries.command('delete'))
    .argument('<name>', 'name of the registry')
    .description('Delete a registry; its sources and their entries remain')
    .addHelpText('after', '\nExample:\n  $ rollcall admin registries delete partners')
    .action(async (name: string, options: ServerOptions) => {
      await askServer(options, (client) => client.registries.delete.mutate({ name }));
      printAnswer(options, { name }, () => `Deleted ${name}`);
    });
}
