/** What the publishing page shows, as the address has it. */
export interface PublishSearch {
  readonly tab?: 'manage' | undefined;
  readonly registry?: string | undefined;
  readonly server?: string | undefined;
}

export function publishSearch({ tab, registry, server }: Record<string, unknown>): PublishSearch {
  return {
    ...(tab === 'manage' && { tab }),
    ...(typeof registry === 'string' && { registry }),
    ...(typeof server === 'string' && server !== '' && { server }),
  };
}
