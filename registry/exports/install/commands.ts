/** Commands that install a server, as lines for a POSIX shell. */
import { codexWriter } from '../codex-server.ts';
import {
  installFirst,
  type Installed,
  type Installer,
  type InstallOption,
  type NoInstallOption,
  notPossible,
} from './way.ts';
import { labelOf } from '../label.ts';
import type { ServerForm } from '../form/server-form.ts';
import { shellWords } from '../shell.ts';
import { CLAUDE_CODE_SYNTAX, GEMINI_SYNTAX } from '../syntax.ts';
import { vscodeInstaller } from './links.ts';
import { writerOf } from '../writers.ts';

export function commandOptions(form: ServerForm): readonly (InstallOption | NoInstallOption)[] {
  const command = (client: InstallOption['client'], title: string, installer: Installer) =>
    installFirst(form, { client, title, kind: 'command' as const }, installer);
  return [
    command('vscode', 'code --add-mcp', codeInstaller),
    command('claude-code', 'claude mcp add', claudeInstaller),
    command('codex', 'codex mcp add', codexInstaller),
    command('gemini', 'gemini mcp add', geminiInstaller),
  ];
}

const codeInstaller = vscodeInstaller((server) => shellWords(['code', '--add-mcp', JSON.stringify(server)]));

const writeClaude = writerOf(CLAUDE_CODE_SYNTAX);

/** Options with several values come last: they would swallow the words after them. */
const claudeInstaller: Installer = {
  remote: (remote, form) => {
    const { url, headers } = writeClaude.remote(remote, form);
    const options = headerOptions(headers);
    return withNotes(['claude', 'mcp', 'add', '--transport', remote.type, labelOf(form.name), url, ...options]);
  },
  launch: (launch, form) => {
    const { command, args, env } = writeClaude.launch(launch, form);
    return withNotes(['claude', 'mcp', 'add', labelOf(form.name), ...envOptions(env), '--', command, ...args]);
  },
};

const codexInstaller: Installer = {
  remote: (remote, form) => {
    const server = codexWriter.remote(remote, form);
    const { url, bearer_token_env_var: variable, http_headers: fixed, env_http_headers: open } = server;
    if (fixed !== undefined || open !== undefined) {
      notPossible('codex mcp add does not support headers: use config.toml');
    }
    const token = variable === undefined ? [] : ['--bearer-token-env-var', variable];
    return {
      text: shellWords(['codex', 'mcp', 'add', labelOf(form.name), '--url', url, ...token]),
      notes: variable === undefined ? [] : [`Set the environment variable ${variable} to the token.`],
    };
  },
  launch: (launch, form) => {
    const { command, args, env, env_vars: passed } = codexWriter.launch(launch, form);
    if (passed !== undefined) notPossible('codex mcp add passes on no variables: use config.toml');
    return {
      text: shellWords(['codex', 'mcp', 'add', labelOf(form.name), ...envOptions(env), '--', command, ...args]),
    };
  },
};

const writeGemini = writerOf(GEMINI_SYNTAX);

const geminiInstaller: Installer = {
  remote: (remote, form) => {
    const { url, headers } = writeGemini.remote(remote, form);
    const label = labelOf(form.name, 'hyphen');
    return withNotes(['gemini', 'mcp', 'add', '--transport', remote.type, ...headerOptions(headers), label, url]);
  },
  launch: (launch, form) => {
    const { command, args, env } = writeGemini.launch(launch, form);
    const label = labelOf(form.name, 'hyphen');
    const after = args.length > 0 ? ['--', ...args] : [];
    return withNotes(['gemini', 'mcp', 'add', ...envOptions(env), label, command, ...after]);
  },
};

function headerOptions(headers: Readonly<Record<string, string>> = {}): string[] {
  return Object.entries(headers).flatMap(([name, value]) => ['--header', `${name}: ${value}`]);
}

function envOptions(env: Readonly<Record<string, string>> = {}): string[] {
  return Object.entries(env).flatMap(([name, value]) => ['--env', `${name}=${value}`]);
}

/** Clients read `${NAME}` from their own environment each time they start the server. */
function withNotes(words: readonly string[]): Installed {
  const variables = [...words.join('\n').matchAll(/\$\{(\w+)(:-)?\}/g)];
  const notes = variables.map(([, variable, optional]) =>
    optional === undefined
      ? `Set the environment variable ${variable} where the client runs.`
      : `Optionally, set the environment variable ${variable} where the client runs.`,
  );
  return { text: shellWords(words), notes };
}
