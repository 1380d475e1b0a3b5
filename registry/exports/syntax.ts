/** The syntax of clients for the inputs of a server, and the conversion of templates to text in it. */
import type { NamedValue } from './form/environment.ts';
import { labelOf } from './label.ts';
import { attempt, LeftOut } from './target.ts';
import { type Input, inputsOf, type Template } from './form/template.ts';

/** The place of a value. */
export interface Place {
  /** The name of the server. */
  readonly server: string;
  /** The name of the value in messages: `the header X-Key`. */
  readonly what: string;
  /** The environment variable of a local server of which this is the whole value. */
  readonly variable?: string;
}

export interface Syntax {
  /**
   * The text for an input.
   * @throws LeftOut if the client has none
   */
  readonly input: (input: Input, place: Place) => string;
  /** Text that the client would replace. A value of a document that contains such text can't be used. */
  readonly reserved: RegExp | null;
}

/** A client that replaces nothing in its configuration. */
export const LITERAL_ONLY: Syntax = {
  input: ({ isSecret }, { what }) => {
    throw new LeftOut(`${what} is ${isSecret ? 'a secret that each user provides' : 'for each user to fill in'}`);
  },
  reserved: null,
};

/** Like `LITERAL_ONLY`, for a file in which `${NAME}` is not allowed at all. */
export const NO_VARIABLES: Syntax = { ...LITERAL_ONLY, reserved: /\$\{/ };

/**
 * Clients that read environment variables of the user.
 *
 * A remote server receives the values that it asks for. So an input of a remote, or one inside a longer text, is read from a
 * variable whose name contains the server's name. Otherwise one server would be sent another's token.
 */
function environmentSyntax(write: (variable: string, isRequired: boolean) => string, reserved: RegExp): Syntax {
  return {
    input: ({ id, isRequired }, { server, variable }) =>
      write(variable !== undefined && isVariable(variable) ? variable : scopedVariable(server, id), isRequired),
    reserved,
  };
}

/** Whether a name can be referenced: a program's environment may have others. */
export function isVariable(name: string): boolean {
  return /^[A-Za-z_]\w*$/.test(name);
}

/** `IO_GITHUB_ACME_WEATHER_TOKEN` for the input `token` of `io.github.acme/weather`. */
export function scopedVariable(server: string, id: string): string {
  const name = `${server}_${id}`.toUpperCase().replaceAll(/[^A-Z0-9]+/g, '_');
  return /^[A-Z]/.test(name) ? name : `MCP_${name}`;
}

export const CLAUDE_CODE_SYNTAX = environmentSyntax(
  (variable, isRequired) => (isRequired ? `\${${variable}}` : `\${${variable}:-}`),
  /\$\{/,
);
export const CURSOR_SYNTAX = environmentSyntax((variable) => `\${env:${variable}}`, /\$\{/);
export const GEMINI_SYNTAX = environmentSyntax(
  (variable, isRequired) => (isRequired ? `\${${variable}}` : `\${${variable}:-}`),
  /\$(?:\w|\{)/,
);

/** VS Code asks for inputs. All servers of a file share their ids, so these contain the server's label. */
export const VSCODE_SYNTAX: Syntax = {
  input: ({ id }, { server }) => `\${input:${inputId(server, id)}}`,
  reserved: /\$\{/,
};

export function inputId(server: string, id: string): string {
  return `${labelOf(server)}.${id.replaceAll(/[^\w.-]+/g, '_')}`;
}

/** Invisible characters can hide the meaning of a value, and break files with one value per line. */
const INVISIBLE = /[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]/u;

/** @throws LeftOut if the client can't express the template */
export function writeTemplate(template: Template, syntax: Syntax, place: Place): string {
  const isWhole = template.length === 1;
  const { variable: _variable, ...inside } = place;
  return template
    .map((part) => {
      if (typeof part !== 'string') return syntax.input(part, isWhole ? place : inside);
      if (INVISIBLE.test(part)) throw new LeftOut(`${place.what} contains control or invisible characters`);
      if (syntax.reserved?.test(part) !== true) return part;
      throw new LeftOut(`${place.what} contains text that the client would replace with a variable`);
    })
    .join('');
}

/** The values as an object. Optional ones that the client can't express are skipped. */
export function writeValues(
  values: readonly NamedValue[],
  write: (value: NamedValue) => string,
): Record<string, string> {
  return Object.fromEntries(
    values.flatMap((value) => {
      const inputs = inputsOf(value.value);
      const isOptional = inputs.length > 0 && inputs.every(({ isRequired }) => !isRequired);
      const written = attempt(() => write(value));
      if ('value' in written) return [[value.name, written.value]];
      if (isOptional) return [];
      throw new LeftOut(written.reason);
    }),
  );
}
