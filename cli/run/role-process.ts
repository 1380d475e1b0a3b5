/** Entry point of the processes that `serve` forks: reads its configuration from the channel and ends with the channel. */
import { describeError } from '../terminal/failure.ts';
import { READY, type RoleOrder } from './role-protocol.ts';
import { runRole } from './roles.ts';
import { untilToldToStop } from './stop-signal.ts';

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
