import { InvalidArgumentError } from 'commander';

/** Parses the value of an option that takes a whole number of at least 1. */
export function positiveInteger(text: string): number {
  const number = Number(text);
  if (!Number.isSafeInteger(number) || number < 1)
    throw new InvalidArgumentError('Expected a whole number of at least 1.');
  return number;
}
