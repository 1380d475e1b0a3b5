import { startTelemetry } from '../../../telemetry/telemetry.ts';
import { connectTemporal, type TemporalServer } from '../../../temporal/connect.ts';
import { describeTemporalFailure } from '../../../temporal/connection-failure.ts';
import { missingSearchAttributes } from '../../../temporal/search-attributes.ts';
import { findWorkers, type Workers } from '../../../temporal/workers.ts';
import { softwareVersion } from '../../../telemetry/software-version.ts';
import { describeError } from '../../../telemetry/describe-error.ts';
import { type Finding, ok, problem, warning } from '../finding.ts';

const ANSWERED_WITHIN_MS = 5_000;

/** Checks Temporal, its namespace, and the workers. */
export async function checkTemporal(server: TemporalServer): Promise<Finding[]> {
  try {
    const connection = await connectTemporal(server, startTelemetry());
    const { client } = connection;
    try {
      const { version } = await client.withDeadline(Date.now() + ANSWERED_WITHIN_MS, async () => {
        await client.workflowService.describeNamespace({ namespace: server.namespace });
        const { serverVersion } = await client.workflowService.getSystemInfo({});
        return { version: serverVersion };
      });
      const missing = await missingSearchAttributes(client);
      return [
        ok(`Temporal ${version} at ${server.address} has the namespace ${server.namespace}`),
        ...(missing.length === 0 ? [] : [searchAttributeFinding(missing.map(({ name }) => name))]),
        ...workerFindings(await findWorkers(client, server.taskQueue)),
      ];
    } finally {
      await connection.close();
    }
  } catch (error) {
    const what = (await describeTemporalFailure(error, server)) || describeError(error);
    return [
      problem(
        `Temporal can't be used: ${what}`,
        'correct what the message names; until then, reads work, nothing is synced, and publishing is answered with 503',
      ),
    ];
  }
}

function searchAttributeFinding(missing: readonly string[]): Finding {
  return warning(
    `The namespace lacks the search attributes ${missing.join(', ')}`,
    'start a worker, or register them: temporal operator search-attribute create --name NAME --type Keyword (LastSuccessTime: Datetime)',
  );
}

function workerFindings({ taskQueues, workers }: Workers): Finding[] {
  const idle = taskQueues.filter((queue) => queue.workers === 0);
  if (idle.length > 0) {
    const names = idle.map(({ name }) => name).join(', ');
    return [
      problem(
        `No worker polls ${names}: nothing is synced, and publishing is refused`,
        'start `rollcall worker`, and compare `temporal.namespace` and `temporal.taskQueue` of both processes',
      ),
    ];
  }
  const { version } = softwareVersion();
  const others = workers.filter((worker) => worker.version !== version);
  return [
    ok(`${workers.length === 1 ? '1 worker polls' : `${workers.length} workers poll`} for tasks`),
    ...others.map(({ identity, version: other }) =>
      warning(
        `The worker ${identity} runs version ${other ?? 'unknown'}, but this command is version ${version}`,
        'finish the upgrade',
      ),
    ),
  ];
}
