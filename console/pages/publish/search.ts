/** What is shown on the publishing page, from its URL. */
import { SKILL_KINDS, type SkillKind } from '../../../registry/entry-kind.ts';

export interface PublishSearch {
  readonly tab?: 'manage' | undefined;
  readonly registry?: string | undefined;
  /** Default: servers. */
  readonly type?: SkillKind | undefined;
  /** The name of a server, skill, or plugin. */
  readonly name?: string | undefined;
}

export function publishSearch({ tab, registry, type, name }: Record<string, unknown>): PublishSearch {
  const known = SKILL_KINDS.find((kind) => kind === type);
  return {
    ...(tab === 'manage' && { tab }),
    ...(typeof registry === 'string' && { registry }),
    ...(known !== undefined && { type: known }),
    ...(typeof name === 'string' && name !== '' && { name }),
  };
}
