/** Install links. The server's key is its name in the registry, which policies that admit the registry's servers compare. */
import {
  installFirst,
  type Installer,
  type InstallOption,
  type NoInstallOption,
  notPossible,
  type OptionNames,
  withoutInputs,
} from './way.ts';
import type { ServerForm } from '../form/server-form.ts';
import { LITERAL_ONLY, NO_VARIABLES } from '../syntax.ts';
import { type VscodeServer, vscodeWriter } from '../vscode-server.ts';
import { typedWriter, writerOf } from '../writers.ts';

export function linkOptions(form: ServerForm): readonly (InstallOption | NoInstallOption)[] {
  return [
    {
      client: 'vscode',
      title: 'Install from the configured registry',
      kind: 'link',
      text: `vscode:mcp/by-name/${form.name.split('/').map(encodeURIComponent).join('/')}`,
      notes: ['Configure VS Code to use this registry first.'],
    },
    ...VSCODE_LINKS.map(({ link, ...names }) => installFirst(form, names, vscodeInstaller(link))),
    ...PLAIN_LINKS.map(({ link, ...names }) => installFirst(form, names, plainInstaller(link))),
    installFirst(form, { client: 'goose', title: 'Install in Goose', kind: 'link' }, gooseInstaller),
  ];
}

interface Named {
  readonly name: string;
}

interface VscodeLink extends OptionNames {
  readonly link: (server: Named) => string;
}

const VSCODE_LINKS: readonly VscodeLink[] = [
  {
    client: 'vscode',
    title: 'Install in VS Code',
    kind: 'link',
    link: (server) => `vscode:mcp/install?${encodedJson(server)}`,
  },
  {
    client: 'vscode',
    title: 'Install in VS Code',
    kind: 'web-link',
    link: ({ name, ...config }) => `https://vscode.dev/redirect/mcp/install?${query(name, encodedJson(config))}`,
  },
  {
    client: 'vscode-insiders',
    title: 'Install in VS Code Insiders',
    kind: 'web-link',
    link: ({ name, ...config }) =>
      `https://insiders.vscode.dev/redirect/mcp/install?${query(name, encodedJson(config))}&quality=insiders`,
  },
];

/** @param text takes the members of a server, with its name and the inputs that VS Code asks for */
export function vscodeInstaller(text: (server: Named) => string): Installer {
  const installed = ({ name }: Named, { config, inputs }: VscodeServer): { text: string } => ({
    text: text({ name, ...config, ...(inputs.length > 0 && { inputs }) }),
  });
  return {
    remote: (remote, form) => installed(form, vscodeWriter.remote(remote, form)),
    launch: (launch, form) => installed(form, vscodeWriter.launch(launch, form)),
  };
}

type PlainText = (name: string, config: { readonly type: string }) => string;

interface PlainLink extends OptionNames {
  readonly link: PlainText;
}

const PLAIN_LINKS: readonly PlainLink[] = [
  {
    client: 'visual-studio',
    title: 'Install in Visual Studio',
    kind: 'link',
    link: (name, config) => `vsweb+mcp:/install?${encodedJson({ name, ...config })}`,
  },
  {
    client: 'cursor',
    title: 'Install in Cursor',
    kind: 'link',
    link: base64Link('cursor://anysphere.cursor-deeplink/mcp/install'),
  },
  {
    client: 'cursor',
    title: 'Install in Cursor',
    kind: 'web-link',
    link: base64Link('https://cursor.com/install-mcp'),
  },
  {
    client: 'kiro',
    title: 'Install in Kiro',
    kind: 'web-link',
    link: (name, { type: _type, ...config }) => `https://kiro.dev/launch/mcp/add?${query(name, encodedJson(config))}`,
  },
  { client: 'lm-studio', title: 'Install in LM Studio', kind: 'link', link: base64Link('lmstudio://add_mcp') },
  {
    client: 'lm-studio',
    title: 'Install in LM Studio',
    kind: 'web-link',
    link: base64Link('https://lmstudio.ai/install-mcp'),
  },
];

/** Installs in clients that neither ask for inputs nor replace variables. */
export function plainInstaller(text: PlainText): Installer {
  const write = typedWriter(NO_VARIABLES);
  return {
    remote: (remote, form) => {
      const { way, notes } = withoutInputs(remote);
      return { text: text(form.name, write.remote(way, form)), notes };
    },
    launch: (launch, form) => {
      const { way, notes } = withoutInputs(launch);
      return { text: text(form.name, write.launch(way, form)), notes };
    },
  };
}

const gooseInstaller: Installer = {
  remote: (remote, form) => {
    const { way, notes } = withoutInputs(remote);
    const { url, headers } = writerOf(LITERAL_ONLY).remote(way, form);
    if (headers !== undefined) notPossible('a link for Goose cannot have headers');
    const type = remote.type === 'http' ? 'streamable_http' : 'sse';
    return {
      text: gooseUrl(form, [
        ['type', type],
        ['url', url],
      ]),
      notes,
    };
  },
  launch: (launch, form) => {
    const { way, notes } = withoutInputs(launch);
    const { command, args, env } = writerOf(LITERAL_ONLY).launch(way, form);
    if (env !== undefined) notPossible('a link for Goose cannot have values of environment variables');
    return { text: gooseUrl(form, [['cmd', command], ...args.map((arg) => ['arg', arg] as const)]), notes };
  },
};

function gooseUrl(
  { name, title = name, description = title }: ServerForm,
  own: readonly (readonly [string, string])[],
) {
  const parameters = [...own, ['id', name], ['name', title], ['description', description]] as const;
  return `goose://extension?${parameters.map(([key, value]) => `${key}=${encodeURIComponent(value)}`).join('&')}`;
}

function base64Link(address: string): PlainText {
  return (name, { type: _type, ...config }) => {
    const bytes = new TextEncoder().encode(JSON.stringify(config));
    const base64 = btoa(Array.from(bytes, (byte) => String.fromCharCode(byte)).join(''));
    return `${address}?${query(name, encodeURIComponent(base64))}`;
  };
}

function query(name: string, config: string): string {
  return `name=${encodeURIComponent(name)}&config=${config}`;
}

function encodedJson(value: object): string {
  return encodeURIComponent(JSON.stringify(value));
}
