/**
 * A server in the configuration of Codex. Codex replaces nothing in texts; it reads whole values from environment
 * variables.
 */
import type { NamedValue } from './form/environment.ts';
import { isVariable, LITERAL_ONLY, scopedVariable } from './syntax.ts';
import { LeftOut } from './target.ts';
import { type Input, literalOf, type Template } from './form/template.ts';
import { type Writer, writerOf, type WrittenLaunch, type WrittenRemote } from './writers.ts';

export interface CodexRemote {
  readonly url: string;
  readonly bearer_token_env_var?: string;
  readonly http_headers?: Readonly<Record<string, string>>;
  readonly env_http_headers?: Readonly<Record<string, string>>;
}

export interface CodexLaunch extends WrittenLaunch {
  readonly env_vars?: readonly string[];
}

const write = writerOf(LITERAL_ONLY);

export const codexWriter: Writer<CodexRemote, CodexLaunch> = {
  remote: (remote, server) => {
    if (remote.type === 'sse') throw new LeftOut('Codex does not support SSE');
    const open = remote.headers.filter(({ value }) => literalOf(value) === undefined);
    const { url, headers } = write.remote({ ...remote, headers: without(remote.headers, open) }, server);
    const bearer = open.find((header) => bearerInput(header) !== undefined);
    const token = bearer && bearerInput(bearer);
    const variables = without(open, bearer === undefined ? [] : [bearer]).map((header) => {
      const input = wholeInput(header.value);
      if (input === undefined) throw new LeftOut(`its header ${header.name} is a text with a placeholder to fill in`);
      return [header.name, scopedVariable(server.name, input.id)] as const;
    });
    return {
      url,
      ...(token !== undefined && { bearer_token_env_var: scopedVariable(server.name, token.id) }),
      ...(headers !== undefined && { http_headers: headers }),
      ...(variables.length > 0 && { env_http_headers: Object.fromEntries(variables) }),
    };
  },
  launch: (launch, server) => {
    const passed = launch.environment.filter(
      (variable) => isVariable(variable.name) && wholeInput(variable.value) !== undefined,
    );
    const fixed = without(launch.environment, passed);
    return {
      ...write.launch({ ...launch, environment: fixed }, server),
      ...(passed.length > 0 && { env_vars: passed.map((variable) => variable.name) }),
    };
  },
};

/**
 * The identity that Codex compares: the URL, or the command with its arguments, regardless of headers and environment.
 */
export const codexIdentityWriter: Writer<WrittenRemote, WrittenLaunch> = {
  remote: (remote, server) => {
    if (remote.type === 'sse') throw new LeftOut('Codex does not support SSE');
    return write.remote({ ...remote, headers: [] }, server);
  },
  launch: (launch, server) => write.launch({ ...launch, environment: [] }, server),
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
