/**
 * Values of a server.json with their placeholders resolved: known parts are text, and all others are inputs for users.
 * A value that is marked as secret never becomes text, whatever `value` or `default` it has.
 *
 * server.schema.json, "InputWithVariables": `{name}` in a `value` stands for the variable of that name.
 */
import { isJsonObject, type JsonObject, memberOf, textOf, textsOf } from '../../json.ts';

/** Something that the user of a server must provide. */
export interface Input {
  /** Unique within its server, except that one variable can occur several times. */
  readonly id: string;
  readonly description: string | undefined;
  readonly isRequired: boolean;
  readonly isSecret: boolean;
  readonly choices: readonly string[];
}

/** Text with inputs in it. Adjacent texts are joined, and none is empty. */
export type Template = readonly (string | Input)[];

/** The text of a template without inputs; undefined for one that has some. */
export function literalOf(template: Template): string | undefined {
  const texts = template.filter((part) => typeof part === 'string');
  return texts.length === template.length ? texts.join('') : undefined;
}

export function inputsOf(template: Template): readonly Input[] {
  return template.filter((part) => typeof part !== 'string');
}

export interface Placeholders {
  /** The meaning of a name; undefined if it isn't declared. */
  readonly find: (name: string) => JsonObject | undefined;
  /**
   * How an undeclared name is treated: as an input if braces have no other meaning, as in a URL or an HTTP header, and
   * otherwise as text, as in the schema.
   */
  readonly undeclared: 'input' | 'text';
}

/** The placeholders that are declared in the `variables` of an argument, a header or an environment variable. */
export function declaredVariables(holder: JsonObject, undeclared: Placeholders['undeclared']): Placeholders {
  const variables = memberOf(holder, 'variables');
  return {
    find: (name) => (Object.hasOwn(variables, name) && isJsonObject(variables[name]) ? variables[name] : undefined),
    undeclared,
  };
}

/** A text in which each placeholder is replaced by its meaning. */
export function fillIn(text: string, { find, undeclared }: Placeholders): Template {
  const parts: (string | Input)[] = [];
  let end = 0;
  for (const match of text.matchAll(/\{([^{}]*)\}/g)) {
    const [placeholder, name = ''] = match;
    const variable = find(name);
    // `${NAME}` is an environment variable in many clients, and a document must not ask for those.
    const isText = undeclared === 'text' || text[match.index - 1] === '$' || !/^[A-Za-z_][\w.-]*$/.test(name);
    if (variable === undefined && isText) continue;
    parts.push(text.slice(end, match.index));
    parts.push(variable === undefined ? undeclaredInput(name) : variableValue(name, variable));
    end = match.index + placeholder.length;
  }
  return joined([...parts, text.slice(end)]);
}

/**
 * The value of an argument, a header, or an environment variable.
 * @param id the id of the input for the whole value, if the document gives no value
 * @returns null if there is no value and none is needed
 */
export function valueTemplate(
  holder: JsonObject,
  { id, undeclared = 'text' }: { readonly id: string; readonly undeclared?: Placeholders['undeclared'] },
): Template | null {
  const isSecret = holder['isSecret'] === true;
  const isRequired = holder['isRequired'] === true;
  const value = scalarText(holder['value']);
  const whole = [inputOf(id, holder)];
  if (value !== undefined) {
    const filled = fillIn(value, declaredVariables(holder, isSecret ? 'input' : undeclared));
    if (!isSecret) return isRequired ? withEachInput(filled, { isRequired }) : filled;
    // A secret without placeholders would be published here, so the user provides all of it instead.
    return literalOf(filled) === undefined ? withEachInput(filled, { isSecret, isRequired }) : whole;
  }
  const usual = scalarText(holder['default']);
  if (!isSecret && usual !== undefined) return [usual];
  return isSecret || isRequired ? whole : null;
}

/** A template that is useless with a gap, such as the URL of a remote. */
export function withRequiredInputs(template: Template): Template {
  return withEachInput(template, { isRequired: true });
}

function withEachInput(template: Template, flags: Partial<Pick<Input, 'isSecret' | 'isRequired'>>): Template {
  return template.map((part) =>
    typeof part === 'string'
      ? part
      : {
          ...part,
          isSecret: part.isSecret || flags.isSecret === true,
          isRequired: part.isRequired || flags.isRequired === true,
        },
  );
}

function variableValue(name: string, variable: JsonObject): string | Input {
  const known = scalarText(variable['value']) ?? scalarText(variable['default']);
  return known === undefined || variable['isSecret'] === true ? inputOf(name, variable) : known;
}

function inputOf(id: string, holder: JsonObject): Input {
  return {
    id,
    description: textOf(holder['description']),
    isRequired: holder['isRequired'] === true,
    isSecret: holder['isSecret'] === true,
    choices: textsOf(holder['choices']),
  };
}

function undeclaredInput(id: string): Input {
  return { id, description: undefined, isRequired: true, isSecret: false, choices: [] };
}

/** Documents of sources have numbers and booleans where the schema requires text. */
function scalarText(value: unknown): string | undefined {
  return typeof value === 'number' || typeof value === 'boolean' ? String(value) : textOf(value);
}

/** The parts as a template, with adjacent texts joined. */
export function joined(parts: readonly (string | Input)[]): Template {
  const result: (string | Input)[] = [];
  for (const part of parts) {
    const last = result.at(-1);
    if (typeof part === 'string' && typeof last === 'string') result[result.length - 1] = last + part;
    else if (part !== '') result.push(part);
  }
  return result;
}
