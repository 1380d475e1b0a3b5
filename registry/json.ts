/** Helpers for values returned by `JSON.parse`. */

export type JsonObject = { [member: string]: unknown };

export function isJsonObject(value: unknown): value is JsonObject {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** Maximum length of a member name in a path. */
const MAX_PATH_STEP = 200;

/** Formats the path of a value for messages: `packages[0].transport.url`, `_meta["a/b"].c`. */
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

/** Whether two JSON values are equal. The order of members is ignored. */
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

/** Whether any string in a JSON value, including member names, passes the test. */
export function someText(value: unknown, test: (text: string, what: 'value' | 'name') => boolean): boolean {
  // Iterative, because untrusted values may be nested deeper than the stack allows.
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

/** Makes members that can be undefined optional. */
type Defined<Members> = {
  [Key in keyof Members as undefined extends Members[Key] ? never : Key]: Members[Key];
} & {
  [Key in keyof Members as undefined extends Members[Key] ? Key : never]?: Exclude<Members[Key], undefined>;
};

/** Removes undefined members, which are equivalent to missing members in JSON. */
export function defined<Members extends object>(members: Members): Defined<Members> {
  return Object.fromEntries(
    Object.entries(members).filter(([, value]) => value !== undefined),
  ) as unknown as Defined<Members>;
}

/** Returns the value if it is a non-empty string. */
export function textOf(value: unknown): string | undefined {
  return typeof value === 'string' && value !== '' ? value : undefined;
}

/** Returns the objects in an array. Empty if the value isn't an array. */
export function objectsOf(value: unknown): JsonObject[] {
  return Array.isArray(value) ? value.filter(isJsonObject) : [];
}

/** Returns the strings in an array. Empty if the value isn't an array. */
export function textsOf(value: unknown): string[] {
  return Array.isArray(value) ? value.filter((element) => typeof element === 'string') : [];
}

/** Returns a member if it is an object, or an empty object. */
export function memberOf(object: unknown, member: string): JsonObject {
  const value = isJsonObject(object) ? object[member] : undefined;
  return isJsonObject(value) ? value : {};
}

/** Parses a JSON text. Returns undefined if it is invalid. */
export function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
