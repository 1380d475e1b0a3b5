/** Whose view is shown, from the URL. */
import { SKILL_KINDS, type SkillKind } from '../../../registry/entry-kind.ts';

export interface ViewAsSearch {
  /** JSON */
  readonly claims?: string | undefined;
  readonly q?: string | undefined;
  /** Default: servers. */
  readonly type?: SkillKind | undefined;
}

export function viewAsSearch({ claims, q, type }: Record<string, unknown>): ViewAsSearch {
  const known = SKILL_KINDS.find((kind) => kind === type);
  // A search value that looks like JSON arrives parsed.
  const text = typeof claims === 'object' && claims !== null ? JSON.stringify(claims, null, 2) : claims;
  return {
    ...(typeof text === 'string' && { claims: text }),
    ...(typeof q === 'string' && q !== '' && { q }),
    ...(known !== undefined && { type: known }),
  };
}
