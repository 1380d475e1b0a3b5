/** JSON values as JSON.parse makes them. */

export type JsonObject = { [member: string]: unknown };

export function isJsonObject(value: unknown): value is JsonObject {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** Where a value is inside a document, as its author would write it: `packages[0].transport.url`, `_meta["a/b"].c`. */
export function jsonPath(segments: readonly PropertyKey[]): string {
  return segments.reduce<string>((path, segment) => path + pathStep(segment, path === ''), '');
}

function pathStep(segment: PropertyKey, first: boolean): string {
  if (typeof segment === 'number') {
    return `[${segment}]`;
  }
  const member = String(segment);
  if (!/^[A-Za-z_$][\w$]*$/.test(member)) {
    return `[${JSON.stringify(member)}]`;
  }
  return first ? member : `.${member}`;
}
