/** Whose view is shown, as the address has it. */
export interface ViewAsSearch {
  /** JSON */
  readonly claims?: string | undefined;
  readonly q?: string | undefined;
}

export function viewAsSearch({ claims, q }: Record<string, unknown>): ViewAsSearch {
  // A search value that looks like JSON arrives parsed.
  const text = typeof claims === 'object' && claims !== null ? JSON.stringify(claims, null, 2) : claims;
  return {
    ...(typeof text === 'string' && { claims: text }),
    ...(typeof q === 'string' && q !== '' && { q }),
  };
}
