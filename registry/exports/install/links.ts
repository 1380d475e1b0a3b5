/** Install links. The server's key is its name in the registry, which policies that admit the registry's servers compare. */
import {
  type Installer,
  installFirst,
  type InstallOption,
  type NoInstallOption,
  notPossible,
  type OptionNames,
  withoutInputs,
} from './way.ts';
import type { ServerForm } from '../form/server-form.ts';
import { LITERAL_ONLY, NO_VARIABLES } from '../syntax.ts';
import { vscodeInputs, vscodeLaunch, vscodeRemote } from '../vscode-server.ts';
import { launchWriter, remoteWriter } from '../writers.ts';

type Option = InstallOption | NoInstallOption;

export function linkOptions(form: ServerForm): readonly Option[] {
  return [
    ...vscodeLinks(form),
    visualStudioLink(form),
    ...cursorLinks(form),
    kiroLink(form),
    ...lmStudioLinks(form),
    gooseLink(form),
  ];
}

interface VscodeServer {
  readonly config: object;
  readonly inputs: readonly object[];
}

function vscodeInstaller(name: string, text: (server: VscodeServer) => string): Installer {
  return {
    remote: (remote) => ({ text: text({ config: vscodeRemote(remote, name), inputs: vscodeInputs(remote, name) }) }),
    launch: (launch) => ({ text: text({ config: vscodeLaunch(launch, name), inputs: vscodeInputs(launch, name) }) }),
  };
}

const withInputs = ({ config, inputs }: VscodeServer): object => ({ ...config, ...(inputs.length > 0 && { inputs }) });

function vscodeLinks(form: ServerForm): Option[] {
  const { name } = form;
  const link = (names: OptionNames, text: (server: VscodeServer) => string): Option =>
    installFirst(form, names, vscodeInstaller(name, text));
  const inQuery = (server: VscodeServer): string =>
    `name=${encodeURIComponent(name)}&config=${encodeURIComponent(JSON.stringify(withInputs(server)))}`;
  return [
    {
      client: 'vscode',
      title: 'Install from the configured registry',
      kind: 'link',
      text: `vscode:mcp/by-name/${name.split('/').map(encodeURIComponent).join('/')}`,
      notes: ['Configure VS Code to use this registry first.'],
    },
    link({ client: 'vscode', title: 'Install in VS Code', kind: 'link' }, (server) => vscodeInstall(name, server)),
    link(
      { client: 'vscode', title: 'Install in VS Code', kind: 'web-link' },
      (server) => `https://vscode.dev/redirect/mcp/install?${inQuery(server)}`,
    ),
    link(
      { client: 'vscode-insiders', title: 'Install in VS Code Insiders', kind: 'web-link' },
      (server) => `https://insiders.vscode.dev/redirect/mcp/install?${inQuery(server)}&quality=insiders`,
    ),
  ];
}

function vscodeInstall(name: string, server: VscodeServer): string {
  return `vscode:mcp/install?${encodeURIComponent(JSON.stringify({ name, ...withInputs(server) }))}`;
}

/** Visual Studio takes the same members, but asks for no inputs. */
function visualStudioLink(form: ServerForm): Option {
  const names = { client: 'visual-studio', title: 'Install in Visual Studio', kind: 'link' } as const;
  return installFirst(
    form,
    names,
    plainInstaller(
      form.name,
      (config) => `vsweb+mcp:/install?${encodeURIComponent(JSON.stringify({ name: form.name, ...config }))}`,
    ),
  );
}

function cursorLinks(form: ServerForm): Option[] {
  const install = (kind: 'link' | 'web-link', address: string): Option =>
    installFirst(
      form,
      { client: 'cursor', title: 'Install in Cursor', kind },
      plainInstaller(form.name, ({ type: _type, ...config }) => `${address}?${base64Query(form.name, config)}`),
    );
  return [
    install('link', 'cursor://anysphere.cursor-deeplink/mcp/install'),
    install('web-link', 'https://cursor.com/install-mcp'),
  ];
}

function kiroLink(form: ServerForm): Option {
  const names = { client: 'kiro', title: 'Install in Kiro', kind: 'web-link' } as const;
  const name = encodeURIComponent(form.name);
  return installFirst(
    form,
    names,
    plainInstaller(
      form.name,
      ({ type: _type, ...config }) =>
        `https://kiro.dev/launch/mcp/add?name=${name}&config=${encodeURIComponent(JSON.stringify(config))}`,
    ),
  );
}

function lmStudioLinks(form: ServerForm): Option[] {
  const install = (kind: 'link' | 'web-link', address: string): Option =>
    installFirst(
      form,
      { client: 'lm-studio', title: 'Install in LM Studio', kind },
      plainInstaller(form.name, ({ type: _type, ...config }) => `${address}?${base64Query(form.name, config)}`),
    );
  return [install('link', 'lmstudio://add_mcp'), install('web-link', 'https://lmstudio.ai/install-mcp')];
}

function gooseLink(form: ServerForm): Option {
  const { name, title = name, description = title } = form;
  const common = [
    ['id', name],
    ['name', title],
    ['description', description],
  ] as const;
  return installFirst(
    form,
    { client: 'goose', title: 'Install in Goose', kind: 'link' },
    {
      remote: (remote) => {
        const { way, notes } = withoutInputs(remote);
        const { url, headers } = remoteWriter(LITERAL_ONLY)(way, name);
        if (headers !== undefined) notPossible('a link for Goose cannot have headers');
        const type = remote.type === 'http' ? 'streamable_http' : 'sse';
        return { text: gooseUrl([['type', type], ['url', url], ...common]), notes };
      },
      launch: (launch) => {
        const { way, notes } = withoutInputs(launch);
        const { command, args, env } = launchWriter(LITERAL_ONLY)(way, name);
        if (env !== undefined) notPossible('a link for Goose cannot have values of environment variables');
        return { text: gooseUrl([['cmd', command], ...args.map((arg) => ['arg', arg] as const), ...common]), notes };
      },
    },
  );
}

function gooseUrl(parameters: readonly (readonly [string, string])[]): string {
  return `goose://extension?${parameters.map(([key, value]) => `${key}=${encodeURIComponent(value)}`).join('&')}`;
}

/** For clients that neither ask nor replace variables. */
export function plainInstaller(name: string, text: (config: { readonly type: string }) => string): Installer {
  return {
    remote: (remote) => {
      const { way, notes } = withoutInputs(remote);
      return { text: text({ type: way.type, ...remoteWriter(NO_VARIABLES)(way, name) }), notes };
    },
    launch: (launch) => {
      const { way, notes } = withoutInputs(launch);
      return { text: text({ type: 'stdio', ...launchWriter(NO_VARIABLES)(way, name) }), notes };
    },
  };
}

function base64Query(name: string, config: object): string {
  const bytes = new TextEncoder().encode(JSON.stringify(config));
  const base64 = btoa(Array.from(bytes, (byte) => String.fromCharCode(byte)).join(''));
  return `name=${encodeURIComponent(name)}&config=${encodeURIComponent(base64)}`;
}
