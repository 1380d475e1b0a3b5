/** A server as Codex writes it. Codex replaces nothing in texts; it reads whole values from environment variables. */
import type { NamedValue } from './form/environment.ts';
import type { Writer } from './provide.ts';
import { isVariable, LITERAL_ONLY, scopedVariable, writeTemplate } from './syntax.ts';
import { LeftOut } from './target.ts';
import { type Input, literalOf, type Template } from './form/template.ts';
import { launchWriter, remoteWriter } from './writers.ts';

export interface CodexRemote {
  readonly url: string;
  readonly bearer_token_env_var?: string;
  readonly http_headers?: Readonly<Record<string, string>>;
  readonly env_http_headers?: Readonly<Record<string, string>>;
}

export interface CodexLaunch {
  readonly command: string;
  readonly args: readonly string[];
  readonly env?: Readonly<Record<string, string>>;
  readonly env_vars?: readonly string[];
}

const writeRemote = remoteWriter(LITERAL_ONLY);
const writeLaunch = launchWriter(LITERAL_ONLY);

export const codexWriter: Writer<CodexRemote | CodexLaunch> = {
  remote: (remote, { name }) => {
    if (remote.type === 'sse') throw new LeftOut('Codex does not support SSE');
    const open = remote.headers.filter(({ value }) => literalOf(value) === undefined);
    const { url, headers } = writeRemote({ ...remote, headers: without(remote.headers, open) }, name);
    const bearer = open.find((header) => bearerInput(header) !== undefined);
    const token = bearer && bearerInput(bearer);
    const variables = without(open, bearer === undefined ? [] : [bearer]).map((header) => {
      const input = wholeInput(header.value);
      if (input === undefined) throw new LeftOut(`its header ${header.name} is a text with a placeholder to fill in`);
      return [header.name, scopedVariable(name, input.id)] as const;
    });
    return {
      url,
      ...(token !== undefined && { bearer_token_env_var: scopedVariable(name, token.id) }),
      ...(headers !== undefined && { http_headers: headers }),
      ...(variables.length > 0 && { env_http_headers: Object.fromEntries(variables) }),
    };
  },
  launch: (launch, { name }) => {
    const passed = launch.environment.filter(
      (variable) => isVariable(variable.name) && wholeInput(variable.value) !== undefined,
    );
    const { command, args, env } = writeLaunch({ ...launch, environment: without(launch.environment, passed) }, name);
    return {
      command,
      args,
      ...(env !== undefined && { env }),
      ...(passed.length > 0 && { env_vars: passed.map((variable) => variable.name) }),
    };
  },
};

/** What Codex compares: the URL, or the command with its arguments, whatever headers and environment there are. */
export const codexIdentityWriter: Writer<
  { readonly url: string } | { readonly command: string; readonly args: readonly string[] }
> = {
  remote: (remote, { name }) => {
    if (remote.type === 'sse') throw new LeftOut('Codex does not support SSE');
    return writeRemote({ ...remote, headers: [] }, name);
  },
  launch: ({ command, args }, { name: server }) => ({
    command,
    args: args.map((word) => writeTemplate(word, LITERAL_ONLY, { server, what: 'an argument' })),
  }),
};

function without<Value>(list: readonly Value[], removed: readonly Value[]): Value[] {
  return list.filter((value) => !removed.includes(value));
}

function wholeInput(value: Template): Input | undefined {
  const [only] = value;
  return value.length === 1 && typeof only !== 'string' ? only : undefined;
}

/** The token of `Authorization: Bearer …`. */
function bearerInput({ name, value }: NamedValue): Input | undefined {
  const [scheme, token] = value;
  const isBearer = name.toLowerCase() === 'authorization' && value.length === 2 && scheme === 'Bearer ';
  return isBearer && typeof token !== 'string' ? token : undefined;
}
