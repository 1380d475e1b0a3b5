import { InvalidArgumentError } from 'commander';

/** The value of an option that counts something, from 1. */
export function positiveInteger(text: string): number {
  const number = Number(text);
  if (!Number.isSafeInteger(number) || number < 1) throw new InvalidArgumentError('Expected a whole number from 1.');
  return number;
}
