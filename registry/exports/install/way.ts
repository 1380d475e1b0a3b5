/** Choosing the way to run or reach a server that an install link or command installs. */
import type { Launch } from '../form/launch.ts';
import type { Remote, ServerForm } from '../form/server-form.ts';
import { attempt, LeftOut } from '../target.ts';
import { inputsOf } from '../form/template.ts';

export const INSTALL_CLIENTS = [
  'vscode',
  'vscode-insiders',
  'visual-studio',
  'cursor',
  'kiro',
  'lm-studio',
  'goose',
  'claude-code',
  'codex',
  'gemini',
] as const;
type InstallClient = (typeof INSTALL_CLIENTS)[number];

export interface InstallOption {
  readonly client: InstallClient;
  /** For users. */
  readonly title: string;
  /** A link that the client handles, one for web pages that allow only https, or a line for a POSIX shell. */
  readonly kind: 'link' | 'web-link' | 'command';
  readonly text: string;
  /** What the user must do in addition. */
  readonly notes: readonly string[];
}

export interface NoInstallOption extends Pick<InstallOption, 'client' | 'title' | 'kind'> {
  readonly reason: string;
}

interface Installed {
  readonly text: string;
  readonly notes?: readonly string[];
}

/** Throws LeftOut if the client can't install the server in this way. */
export interface Installer {
  readonly remote: (remote: Remote) => Installed;
  readonly launch: (launch: Launch) => Installed;
}

export type OptionNames = Pick<InstallOption, 'client' | 'title' | 'kind'>;

/** The first way that works, in the order of exports, so that both install the same. */
export function installFirst(
  form: ServerForm,
  names: OptionNames,
  installer: Installer,
): InstallOption | NoInstallOption {
  const reasons: string[] = [];
  for (const way of [...form.remotes, ...form.launches]) {
    const installed = attempt(() => ('url' in way ? installer.remote(way) : installer.launch(way)));
    if ('value' in installed) return { ...names, text: installed.value.text, notes: installed.value.notes ?? [] };
    reasons.push(installed.reason);
  }
  const all = [...reasons, ...form.omitted];
  return {
    ...names,
    reason: all.length === 0 ? 'it has neither a package nor a remote' : [...new Set(all)].join('; '),
  };
}

/**
 * A remote or a launch without the headers and variables that the user must provide, for clients that don't ask: the link
 * contains neither a secret nor a text in its place.
 */
export function withoutInputs<Way extends Remote | Launch>(way: Way): { readonly way: Way; readonly notes: string[] } {
  const values = 'url' in way ? way.headers : way.environment;
  const open = values.filter(({ value }) => inputsOf(value).length > 0);
  const fixed = values.filter((value) => !open.includes(value));
  const what = 'url' in way ? 'header' : 'environment variable';
  return {
    way: { ...way, ...('url' in way ? { headers: fixed } : { environment: fixed }) },
    notes: open.map(({ name }) => `After installing, add the ${what} ${name} to the client's settings.`),
  };
}

/** @throws LeftOut, for clients that can't be given one kind of server */
export function notPossible(reason: string): never {
  throw new LeftOut(reason);
}
