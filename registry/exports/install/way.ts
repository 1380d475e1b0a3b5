/** Chooses the way to run or reach a server that an install link or command uses. */
import type { Launch } from '../form/launch.ts';
import type { Remote, ServerForm } from '../form/server-form.ts';
import { LeftOut } from '../target.ts';
import { inputsOf } from '../form/template.ts';
import { firstWay, type Writer } from '../writers.ts';

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

/** An option for one client. */
export interface OptionNames {
  readonly client: InstallClient;
  /** The title for users. */
  readonly title: string;
  /** A link that the client handles, one for web pages that allow only https, or a line for a POSIX shell. */
  readonly kind: 'link' | 'web-link' | 'command';
}

export interface Installed {
  readonly text: string;
  /** Additional steps for the user. */
  readonly notes: readonly string[];
}

export interface NotInstalled {
  readonly reason: string;
}

export type InstallOption = OptionNames & Installed;
export type NoInstallOption = OptionNames & NotInstalled;

/** Throws LeftOut if the client can't install the server in this way. */
export type Installer = Writer<Pick<Installed, 'text'> & Partial<Installed>>;

/** The first way that works, in the order of exports, so that both install the same. */
export function installFirst<Names>(
  form: ServerForm,
  names: Names,
  installer: Installer,
): (Names & Installed) | (Names & NotInstalled) {
  const first = firstWay(form, installer);
  if ('reasons' in first) return { ...names, reason: [...new Set(first.reasons)].join('; ') };
  const { text, notes = [] } = first.entry;
  return { ...names, text, notes };
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
