/** A server in the format of VS Code, for mcp.json and install links. Its key is the registry's name of the server. */
import { inputsOfWay, type Remote } from './form/server-form.ts';
import type { Launch } from './form/launch.ts';
import { inputId, VSCODE_SYNTAX } from './syntax.ts';
import { typedWriter, type Writer } from './writers.ts';

export interface VscodeServer {
  readonly config: object;
  /** The inputs that VS Code asks for, each once. */
  readonly inputs: readonly VscodeInput[];
}

interface VscodeInput {
  readonly id: string;
  readonly type: 'promptString' | 'pickString';
  readonly description: string;
  readonly password?: boolean;
  readonly options?: readonly string[];
}

const write = typedWriter(VSCODE_SYNTAX);

export const vscodeWriter: Writer<VscodeServer> = {
  remote: (remote, server) => ({ config: write.remote(remote, server), inputs: vscodeInputs(remote, server.name) }),
  launch: (launch, server) => ({ config: write.launch(launch, server), inputs: vscodeInputs(launch, server.name) }),
};

/** The inputs of a way. They have no defaults, which would be values of the document. */
function vscodeInputs(way: Remote | Launch, server: string): readonly VscodeInput[] {
  const inputs = new Map(
    inputsOfWay(way).map((input) => {
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
