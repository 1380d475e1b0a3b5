/** Why the last sign-in failed, and where the next one returns to. */
import { texts } from './texts.ts';

export interface SignInSearch {
  readonly error?: keyof typeof texts.failures | undefined;
  readonly return?: string | undefined;
}

export function signInSearch({ error, return: returnTo }: Record<string, unknown>): SignInSearch {
  const isKnown = typeof error === 'string' && Object.hasOwn(texts.failures, error);
  return {
    ...(isKnown && { error: error as keyof typeof texts.failures }),
    ...(typeof returnTo === 'string' && { return: returnTo }),
  };
}
