import { type JsonObject, textOf } from '../registry/json.ts';

/** A fault of a resource or of what it refers to. Its message is shown in the status of the resource. */
export class SpecFault extends Error {
  override readonly name = 'SpecFault';
  /** Reason of the condition `Ready`, such as `SecretNotFound`. */
  readonly reason: string;

  /** @param message names the field and says what to do */
  constructor(reason: string, message: string) {
    super(message);
    this.reason = reason;
  }
}

export function invalidField(field: string, problem: string): SpecFault {
  return new SpecFault('ValidationFailed', `${field} ${problem}`);
}

/** @throws SpecFault naming the field if it is missing */
export function required(object: JsonObject, key: string, at: string): string {
  const value = textOf(object[key]);
  if (value === undefined) throw invalidField(`${at}.${key}`, 'is missing');
  return value;
}
