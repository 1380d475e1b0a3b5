/** JSON values as JSON.parse makes them. */

export type JsonObject = { [member: string]: unknown };

export function isJsonObject(value: unknown): value is JsonObject {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** How many characters of a member's name are in a path. */
const MAX_PATH_STEP = 200;

/** Where a value is inside a document, as its author would write it: `packages[0].transport.url`, `_meta["a/b"].c`. */
export function jsonPath(segments: readonly PropertyKey[]): string {
  return segments.reduce<string>((path, segment) => path + pathStep(segment, path === ''), '');
}

function pathStep(segment: PropertyKey, first: boolean): string {
  if (typeof segment === 'number') {
    return `[${segment}]`;
  }
  const member = String(segment).slice(0, MAX_PATH_STEP);
  if (!/^[A-Za-z_$][\w$]*$/.test(member)) {
    return `[${JSON.stringify(member)}]`;
  }
  return first ? member : `.${member}`;
}

/** Whether two JSON values are the same; the order of members does not count. */
export function jsonEquals(left: unknown, right: unknown): boolean {
  if (Array.isArray(left)) {
    return (
      Array.isArray(right) &&
      left.length === right.length &&
      left.every((element, index) => jsonEquals(element, right[index]))
    );
  }
  if (isJsonObject(left)) {
    const names = Object.keys(left);
    return (
      isJsonObject(right) &&
      names.length === Object.keys(right).length &&
      names.every((name) => Object.hasOwn(right, name) && jsonEquals(left[name], right[name]))
    );
  }
  return left === right;
}

/** Whether the test holds for any text in a JSON value: for a value, or for the name of a member. */
export function someText(value: unknown, test: (text: string, what: 'value' | 'name') => boolean): boolean {
  // Not by recursion: what strangers send may be nested deeper than the stack.
  const waiting = [value];
  while (waiting.length > 0) {
    const next = waiting.pop();
    if (typeof next === 'string' && test(next, 'value')) return true;
    if (Array.isArray(next)) for (const element of next) waiting.push(element);
    else if (isJsonObject(next) && !ArrayBuffer.isView(next)) {
      for (const [name, member] of Object.entries(next)) {
        if (test(name, 'name')) return true;
        waiting.push(member);
      }
    }
  }
  return false;
}

/** Members that may be undefined are optional. */
type Defined<Members> = {
  [Key in keyof Members as undefined extends Members[Key] ? never : Key]: Members[Key];
} & {
  [Key in keyof Members as undefined extends Members[Key] ? Key : never]?: Exclude<Members[Key], undefined>;
};

/** The members whose value is not undefined: a missing member and an undefined one are the same in JSON. */
export function defined<Members extends object>(members: Members): Defined<Members> {
  return Object.fromEntries(
    Object.entries(members).filter(([, value]) => value !== undefined),
  ) as unknown as Defined<Members>;
}

/** The value where it is a text with something in it. */
export function textOf(value: unknown): string | undefined {
  return typeof value === 'string' && value !== '' ? value : undefined;
}

/** The elements that are objects, of a value that should be an array of them. */
export function objectsOf(value: unknown): JsonObject[] {
  return Array.isArray(value) ? value.filter(isJsonObject) : [];
}

/** The elements that are texts, of a value that should be an array of them. */
export function textsOf(value: unknown): string[] {
  return Array.isArray(value) ? value.filter((element) => typeof element === 'string') : [];
}

/** A member that should be an object; empty where it is something else, or not there. */
export function memberOf(object: unknown, member: string): JsonObject {
  const value = isJsonObject(object) ? object[member] : undefined;
  return isJsonObject(value) ? value : {};
}

/** What `JSON.parse` makes of a text; undefined for one that is no JSON. */
export function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
