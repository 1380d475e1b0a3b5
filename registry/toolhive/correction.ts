/**
 * The differences, member by member, between a document and the result of converting it to another format and back.
 * Stored with the converted document, they make the conversion exactly reversible.
 */
import { isJsonObject, jsonEquals, type JsonObject, textsOf } from '../json.ts';

export interface Correction {
  /** Members to set, with the original values. */
  readonly members?: JsonObject;
  /** Members to remove, because the original doesn't have them. */
  readonly absent?: readonly string[];
}

/** The correction that turns `converted` into `original`. Null if they are equal. */
export function correctionOf(converted: JsonObject, original: JsonObject): Correction | null {
  const members = Object.entries(original).filter(
    ([name, value]) => !Object.hasOwn(converted, name) || !jsonEquals(converted[name], value),
  );
  const absent = Object.keys(converted).filter((name) => !Object.hasOwn(original, name));
  if (members.length === 0 && absent.length === 0) {
    return null;
  }
  return {
    ...(members.length > 0 && { members: Object.fromEntries(members) }),
    ...(absent.length > 0 && { absent }),
  };
}

/** Applies a correction and returns the original object. */
export function corrected(converted: JsonObject, correction: Correction): JsonObject {
  const absent = new Set(correction.absent);
  const kept = Object.entries(converted).filter(([name]) => !absent.has(name));
  return Object.fromEntries([...kept, ...Object.entries(correction.members ?? {})]);
}

/** Reads a correction from an untrusted document. Ignores malformed parts. */
export function readCorrection(value: unknown): Correction | null {
  if (!isJsonObject(value)) {
    return null;
  }
  const { members, absent } = value;
  return {
    ...(isJsonObject(members) && { members }),
    ...(Array.isArray(absent) && { absent: textsOf(absent) }),
  };
}
