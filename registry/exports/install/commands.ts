/** Commands that install a server, as lines for a POSIX shell. */
import { codexWriter } from '../codex-server.ts';
import { type Installer, installFirst, type InstallOption, type NoInstallOption, notPossible } from './way.ts';
import { labelOf } from '../label.ts';
import type { ServerForm } from '../form/server-form.ts';
import { shellWords } from '../shell.ts';
import { CLAUDE_CODE_SYNTAX, GEMINI_SYNTAX } from '../syntax.ts';
import { vscodeInputs, vscodeLaunch, vscodeRemote } from '../vscode-server.ts';
import { launchWriter, remoteWriter } from '../writers.ts';

export function commandOptions(form: ServerForm): readonly (InstallOption | NoInstallOption)[] {
  return [
    installFirst(form, { client: 'vscode', title: 'code --add-mcp', kind: 'command' }, codeInstaller(form)),
    installFirst(form, { client: 'claude-code', title: 'claude mcp add', kind: 'command' }, claudeInstaller(form)),
    installFirst(form, { client: 'codex', title: 'codex mcp add', kind: 'command' }, codexInstaller(form)),
    installFirst(form, { client: 'gemini', title: 'gemini mcp add', kind: 'command' }, geminiInstaller(form)),
  ];
}

function codeInstaller({ name }: ServerForm): Installer {
  const line = (config: object, inputs: readonly object[]): string =>
    shellWords(['code', '--add-mcp', JSON.stringify({ name, ...config, ...(inputs.length > 0 && { inputs }) })]);
  return {
    remote: (remote) => ({ text: line(vscodeRemote(remote, name), vscodeInputs(remote, name)) }),
    launch: (launch) => ({ text: line(vscodeLaunch(launch, name), vscodeInputs(launch, name)) }),
  };
}

/** Options with several values come last: they would swallow the words after them. */
function claudeInstaller({ name }: ServerForm): Installer {
  const label = labelOf(name);
  return {
    remote: (remote) => {
      const { url, headers = {} } = remoteWriter(CLAUDE_CODE_SYNTAX)(remote, name);
      const options = Object.entries(headers).flatMap(([header, value]) => ['--header', `${header}: ${value}`]);
      const words = ['claude', 'mcp', 'add', '--transport', remote.type, label, url, ...options];
      return { text: shellWords(words), notes: variableNotes(words) };
    },
    launch: (launch) => {
      const { command, args, env = {} } = launchWriter(CLAUDE_CODE_SYNTAX)(launch, name);
      const options = Object.entries(env).flatMap(([variable, value]) => ['--env', `${variable}=${value}`]);
      const words = ['claude', 'mcp', 'add', label, ...options, '--', command, ...args];
      return { text: shellWords(words), notes: variableNotes(words) };
    },
  };
}

function codexInstaller(form: ServerForm): Installer {
  const label = labelOf(form.name);
  return {
    remote: (remote) => {
      const server = codexWriter.remote(remote, form);
      if (!('url' in server)) return notPossible('it has no URL');
      const { url, bearer_token_env_var: variable, http_headers: fixed, env_http_headers: open } = server;
      if (fixed !== undefined || open !== undefined)
        notPossible('codex mcp add does not support headers: use config.toml');
      const token = variable === undefined ? [] : ['--bearer-token-env-var', variable];
      return {
        text: shellWords(['codex', 'mcp', 'add', label, '--url', url, ...token]),
        notes: variable === undefined ? [] : [`Set the environment variable ${variable} to the token.`],
      };
    },
    launch: (launch) => {
      const server = codexWriter.launch(launch, form);
      if ('url' in server) return notPossible('it has no command');
      const { command, args, env = {}, env_vars: passed } = server;
      if (passed !== undefined) notPossible('codex mcp add passes on no variables: use config.toml');
      const options = Object.entries(env).flatMap(([variable, value]) => ['--env', `${variable}=${value}`]);
      return { text: shellWords(['codex', 'mcp', 'add', label, ...options, '--', command, ...args]) };
    },
  };
}

function geminiInstaller({ name }: ServerForm): Installer {
  const label = labelOf(name, 'hyphen');
  return {
    remote: (remote) => {
      const { url, headers = {} } = remoteWriter(GEMINI_SYNTAX)(remote, name);
      const options = Object.entries(headers).flatMap(([header, value]) => ['--header', `${header}: ${value}`]);
      const words = ['gemini', 'mcp', 'add', '--transport', remote.type, ...options, label, url];
      return { text: shellWords(words), notes: variableNotes(words) };
    },
    launch: (launch) => {
      const { command, args, env = {} } = launchWriter(GEMINI_SYNTAX)(launch, name);
      const options = Object.entries(env).flatMap(([variable, value]) => ['--env', `${variable}=${value}`]);
      const words = ['gemini', 'mcp', 'add', ...options, label, command, ...(args.length > 0 ? ['--', ...args] : [])];
      return { text: shellWords(words), notes: variableNotes(words) };
    },
  };
}

/** Clients read `${NAME}` from their own environment each time they start the server. */
function variableNotes(words: readonly string[]): string[] {
  const variables = [...words.join('\n').matchAll(/\$\{(\w+)(:-)?\}/g)];
  return variables.map(([, variable, optional]) =>
    optional === undefined
      ? `Set the environment variable ${variable} where the client runs.`
      : `Optionally, set the environment variable ${variable} where the client runs.`,
  );
}
