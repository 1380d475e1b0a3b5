/** A server as VS Code writes it, in its mcp.json and in install links. Its key is the registry's name of the server. */
import type { Launch } from './form/launch.ts';
import type { Remote } from './form/server-form.ts';
import { inputId, VSCODE_SYNTAX } from './syntax.ts';
import { inputsOf } from './form/template.ts';
import { launchWriter, remoteWriter, type WrittenLaunch, type WrittenRemote } from './writers.ts';

export interface VscodeInput {
  readonly id: string;
  readonly type: 'promptString' | 'pickString';
  readonly description: string;
  readonly password?: boolean;
  readonly options?: readonly string[];
}

const writeRemote = remoteWriter(VSCODE_SYNTAX);
const writeLaunch = launchWriter(VSCODE_SYNTAX);

export function vscodeRemote(remote: Remote, server: string): WrittenRemote & { readonly type: 'http' | 'sse' } {
  return { type: remote.type, ...writeRemote(remote, server) };
}

export function vscodeLaunch(launch: Launch, server: string): WrittenLaunch & { readonly type: 'stdio' } {
  return { type: 'stdio', ...writeLaunch(launch, server) };
}

/** The inputs that VS Code asks for, each once, without defaults, which would be values of the document. */
export function vscodeInputs(way: Remote | Launch, server: string): readonly VscodeInput[] {
  const templates =
    'url' in way
      ? [way.url, ...way.headers.map(({ value }) => value)]
      : [...way.args, ...way.environment.map(({ value }) => value)];
  const inputs = new Map(
    templates.flatMap(inputsOf).map((input) => {
      const id = inputId(server, input.id);
      const description = input.description ?? `${input.id} of ${server}`;
      const asked: VscodeInput =
        input.choices.length > 0 && !input.isSecret
          ? { id, type: 'pickString', description, options: input.choices }
          : { id, type: 'promptString', description, password: input.isSecret };
      return [id, asked];
    }),
  );
  return [...inputs.values()];
}
