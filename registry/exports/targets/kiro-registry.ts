import { provideEach } from '../provide.ts';
import { jsonText } from '../formats.ts';
import type { Launch } from '../form/launch.ts';
import type { Remote, ServerForm } from '../form/server-form.ts';
import { LITERAL_ONLY, writeTemplate } from '../syntax.ts';
import { LeftOut, type Target } from '../target.ts';
import { literalOf, type Template } from '../form/template.ts';
import { writerOf } from '../writers.ts';

const write = writerOf(LITERAL_ONLY, { httpsOnly: true });
const SUPPORTED = ['npm', 'pypi', 'oci'];

export const kiroRegistry: Target = {
  id: 'kiro-registry',
  title: 'Kiro and Amazon Q Developer: registry file',
  documentation: 'https://docs.aws.amazon.com/amazonq/latest/qdeveloper-ug/mcp-governance.html',
  fileName: 'registry.json',
  contentType: 'application/json',
  modes: ['allow'],
  limits: [
    'The clients read it from an https URL without a token: set access: public for the registry, or serve the file from another host.',
    'A server has one package or one remote. Packages must be npm, pypi, or oci, with stdio.',
    'Headers and environment variables that each user provides are left out; users add them to their own settings.',
  ],
  render: (catalog) => {
    const { provided, report } = provideEach(catalog, {
      remote: (way, form) => ({ remotes: [kiroRemote(way, form)] }),
      launch: (launch, form) => ({ packages: [kiroPackage(launch, form.name)] }),
    });
    const servers = provided.map(({ server: { name, title, description, version }, entry }) => ({
      server: {
        name,
        ...(title !== undefined && { title }),
        description: description ?? title ?? name,
        version,
        ...entry,
      },
    }));
    return { text: jsonText({ servers }), report };
  },
};

function kiroRemote(way: Remote, form: ServerForm): object {
  const fixed = way.headers.filter(({ value }) => literalOf(value) !== undefined);
  const { url, headers } = write.remote({ ...way, headers: fixed }, form);
  return {
    type: way.type === 'http' ? 'streamable-http' : 'sse',
    url,
    ...(headers !== undefined && { headers: Object.entries(headers).map(([name, value]) => ({ name, value })) }),
  };
}

function kiroPackage(launch: Launch, server: string): object {
  const { registryType, identifier, version, registryBaseUrl } = launch;
  if (!SUPPORTED.includes(registryType)) throw new LeftOut(`Kiro does not run ${registryType} packages`);
  const word = (value: Template): object => ({
    type: 'positional',
    value: writeTemplate(value, LITERAL_ONLY, { server, what: 'an argument' }),
  });
  const fixed = launch.environment.flatMap(({ name, value }) => {
    const text = literalOf(value);
    return text === undefined ? [] : [{ name, default: text }];
  });
  return {
    registryType,
    ...(registryBaseUrl?.startsWith('https://') === true && { registryBaseUrl }),
    identifier,
    ...(version !== undefined && registryType !== 'oci' && { version }),
    transport: { type: 'stdio' },
    ...(launch.runtimeArgs.length > 0 && { runtimeArguments: launch.runtimeArgs.map(word) }),
    ...(launch.packageArgs.length > 0 && { packageArguments: launch.packageArgs.map(word) }),
    ...(fixed.length > 0 && { environmentVariables: fixed }),
  };
}
