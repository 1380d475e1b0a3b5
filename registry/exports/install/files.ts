/** Configuration files of clients with one server in them, for users who edit the files themselves. */
import type { ServerForm } from '../form/server-form.ts';
import { jsonText } from '../formats.ts';
import { labelOf } from '../label.ts';
import type { Target } from '../target.ts';
import { claudeCodeMcp } from '../targets/claude-code-servers.ts';
import { codexConfig } from '../targets/codex-config.ts';
import { cursorMcp } from '../targets/cursor-mcp.ts';
import { geminiSettings } from '../targets/gemini-settings.ts';
import { vscodeMcp } from '../targets/vscode-mcp.ts';
import { plainInstaller } from './links.ts';
import { type Installed, installFirst, notPossible, type NotInstalled } from './way.ts';

export type FileClient = 'vscode' | 'cursor' | 'claude-code' | 'claude-desktop' | 'codex' | 'gemini' | 'other';

interface FileNames {
  readonly client: FileClient;
  /** The path where the client reads the file. */
  readonly path: string;
}

/** A file, or the reason why the client can't use the server. */
export type InstallFile = FileNames & (Installed | NotInstalled);

export function installFiles(form: ServerForm): readonly InstallFile[] {
  return [
    fromTarget(form, vscodeMcp, { client: 'vscode', path: '.vscode/mcp.json' }),
    fromTarget(form, cursorMcp, { client: 'cursor', path: '~/.cursor/mcp.json' }),
    fromTarget(form, claudeCodeMcp, { client: 'claude-code', path: '.mcp.json' }),
    plainFile(form, { client: 'claude-desktop', path: 'claude_desktop_config.json' }),
    fromTarget(form, codexConfig, { client: 'codex', path: '~/.codex/config.toml' }),
    fromTarget(form, geminiSettings, { client: 'gemini', path: '~/.gemini/settings.json' }),
    plainFile(form, { client: 'other', path: 'mcp.json' }),
  ];
}

function fromTarget(form: ServerForm, target: Target, names: FileNames): InstallFile {
  const catalog = [{ name: form.name, current: form, active: [form], retired: [] }];
  const { text, report } = target.render(catalog, { mode: 'provide', versions: 'latest' });
  const { included, notes } = report[0] ?? { included: false, notes: [] };
  return included ? { ...names, text, notes } : { ...names, reason: notes.join('; ') };
}

/** The file for clients without variables. */
function plainFile(form: ServerForm, names: FileNames): InstallFile {
  const isDesktop = names.client === 'claude-desktop';
  const { remote, launch } = plainInstaller((name, { type, ...config }) =>
    jsonText({ mcpServers: isDesktop ? { [labelOf(name)]: config } : { [name]: { type, ...config } } }),
  );
  return installFirst(form, names, {
    remote: isDesktop ? () => notPossible('Claude Desktop adds remote servers as connectors in its settings') : remote,
    launch,
  });
}
