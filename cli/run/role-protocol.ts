/** Messages between `serve` and the processes it forks. */
import type { CompleteConfiguration, Role } from './roles.ts';

/** First message, sent by `serve`. Closing the channel tells the process to stop. */
export interface RoleOrder {
  readonly role: Role;
  readonly configuration: CompleteConfiguration;
}

/** Sent by the process once it is ready. */
export const READY = 'ready';
