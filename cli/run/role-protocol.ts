/** What `serve` and the processes that it forks say to each other. */
import type { CompleteConfiguration, Role } from './roles.ts';

/** From `serve`, first. Afterwards the end of the channel means: stop. */
export interface RoleOrder {
  readonly role: Role;
  readonly configuration: CompleteConfiguration;
}

/** From the process, once it is ready for work. */
export const READY = 'ready';
