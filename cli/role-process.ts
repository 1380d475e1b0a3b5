/** The program of the processes that `serve` forks: gets its configuration over the channel, and ends with it. */
import { describeError } from './failure.ts';
import { type CompleteConfiguration, type Role, runRole } from './roles.ts';
import { untilToldToStop } from './stop-signal.ts';

export interface RoleOrder {
  readonly role: Role;
  readonly configuration: CompleteConfiguration;
}

/** What the process says back, once. */
export const READY = 'ready';

const signal = untilToldToStop();

process.once('message', (order: RoleOrder) => {
  runRole(order.role, { configuration: order.configuration, signal, onReady }).then(
    () => process.exit(0),
    (error: unknown) => {
      console.error(`${order.role}: ${describeError(error)}`);
      process.exit(1);
    },
  );
});

function onReady(): void {
  if (process.connected) process.send?.(READY);
}
