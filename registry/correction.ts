/**
 * What a conversion between two formats gets wrong on the way there and back, member by member. Kept beside the
 * converted document, it makes the way back exact, whatever the original held.
 */
import { isJsonObject, jsonEquals, type JsonObject, textsOf } from './json.ts';

export interface Correction {
  /** Members that the original has, with their values. */
  readonly members?: JsonObject;
  /** Members that the original does not have. */
  readonly absent?: readonly string[];
}

/** What turns `converted` into `original`; null where nothing has to be done. */
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

/** The converted object as its original was. */
export function corrected(converted: JsonObject, correction: Correction): JsonObject {
  const absent = new Set(correction.absent);
  const kept = Object.entries(converted).filter(([name]) => !absent.has(name));
  return Object.fromEntries([...kept, ...Object.entries(correction.members ?? {})]);
}

/** A correction out of a document that anyone may have written: what is malformed in it corrects nothing. */
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
