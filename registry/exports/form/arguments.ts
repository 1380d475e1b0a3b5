/** The arguments of a package as the words of a command line. */
import { type JsonObject, objectsOf, textOf } from '../../json.ts';
import { literalOf, type Template, valueTemplate } from './template.ts';

/** A flag, a value, or a flag with its value. */
export interface Argument {
  readonly words: readonly Template[];
  /** The name of the argument in messages. */
  readonly label: string;
}

export interface ArgumentList {
  readonly given: readonly Argument[];
  /** Labels of optional arguments that have no value. */
  readonly unset: readonly string[];
}

export function packageArgumentList(from: JsonObject): ArgumentList {
  return argumentList(objectsOf(from['packageArguments']), isFixedFlag);
}

/**
 * A flag without a value and a type is complete here: authors write out `docker run -i --rm` in this way, each with a
 * description.
 */
export function runtimeArgumentList(list: readonly JsonObject[]): ArgumentList {
  return argumentList(list, (argument) => argument['format'] === undefined && argument['isRequired'] !== true);
}

/** The words of an argument without inputs; undefined for one that has some. */
export function literalWords({ words }: Pick<Argument, 'words'>): string[] | undefined {
  const texts = words.map(literalOf);
  return texts.every((text) => text !== undefined) ? texts : undefined;
}

/** Arguments without a name or a hint are numbered. */
function argumentList(list: readonly JsonObject[], isFlag: (argument: JsonObject) => boolean): ArgumentList {
  const given: Argument[] = [];
  const unset: string[] = [];
  for (const [index, argument] of list.entries()) {
    const name = argument['type'] === 'positional' ? undefined : textOf(argument['name']);
    const hint = textOf(argument['valueHint']) ?? `argument-${index + 1}`;
    const label = name ?? hint;
    const flag: Template[] = name === undefined ? [] : [[name]];
    const value = valueTemplate(argument, { id: name?.replace(/^-+/, '') ?? hint });
    if (name !== undefined && !hasValue(argument) && (isFlag(argument) || isRequiredFlag(argument))) {
      given.push({ words: flag, label });
    } else if (value === null) unset.push(label);
    else given.push({ words: [...flag, value], label });
  }
  return { given, unset };
}

function hasValue(argument: JsonObject): boolean {
  return ['value', 'default'].some((member) => (argument[member] ?? '') !== '') || argument['isSecret'] === true;
}

function isRequiredFlag(argument: JsonObject): boolean {
  return argument['isRequired'] === true && argument['format'] === 'boolean';
}

/** Only its name is given, so there is nothing for a user to decide. */
function isFixedFlag(argument: JsonObject): boolean {
  return Object.keys(argument).every((member) => member === 'type' || member === 'name');
}
