/** Entry point of the processes that `serve` forks: reads its configuration from the channel and ends with the channel. */
import { describeError } from '../../telemetry/describe-error.ts';
import { createLogger } from '../../telemetry/logger.ts';
import { loggedRun } from './process-log.ts';
import { READY, type RoleOrder, runRole } from './roles.ts';
import { untilToldToStop } from './stop-signal.ts';

const signal = untilToldToStop();

process.once('message', (order: RoleOrder) => {
  const { role, configuration } = order;
  const logger = createLogger(role, configuration.log);
  loggedRun({ role, configuration, logger }, () => runRole(role, { configuration, logger, signal, onReady })).then(
    () => process.exit(0),
    (error: unknown) => {
      logger.fatal(describeError(error));
      logger.flush(() => process.exit(1));
    },
  );
});

function onReady(): void {
  if (process.connected) process.send?.(READY);
}
