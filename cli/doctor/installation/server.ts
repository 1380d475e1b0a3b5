/** Checks the running server: readiness, version, and sources. */
import { softwareVersion } from '../../../telemetry/software-version.ts';
import { isJsonObject, parseJson, textOf } from '../../../registry/json.ts';
import { type AdminAnswers, askServer } from '../../server/admin-client.ts';
import { baseUrl, type ServerOptions } from '../../server/server-options.ts';
import { describeError } from '../../../telemetry/describe-error.ts';
import { CommandFailure } from '../../terminal/failure.ts';
import { failureText, stateText } from '../../terminal/source-state.ts';
import { countText } from '../../terminal/texts.ts';
import { relativeTime } from '../../terminal/time-text.ts';
import { type Finding, ok, problem, warning } from '../finding.ts';

const ANSWERED_WITHIN_MS = 5_000;
const SHOWN = 10;

export async function checkServer(options: ServerOptions): Promise<Finding[]> {
  const server = baseUrl(options.server);
  try {
    const readiness = await ask(`${server}/readiness`);
    const { version } = softwareVersion();
    const theirs = textIn((await ask(`${server}/version`)).body, 'version') ?? 'unknown';
    return [
      readiness.isOk
        ? ok(`The API at ${server} is ready`)
        : problem(
            `The API at ${server} is not ready: ${textIn(readiness.body, 'error') ?? 'no reason given'}`,
            'see the sections above',
          ),
      ...(theirs === version
        ? []
        : [warning(`The API runs version ${theirs}, but this command is version ${version}`, 'finish the upgrade')]),
    ];
  } catch (error) {
    const cause = error instanceof Error && error.cause instanceof Error ? error.cause : error;
    return [
      problem(
        `The API doesn't answer at ${server}: ${describeError(cause)}`,
        'start it with `rollcall api` or `rollcall serve`, or pass its address with --server',
      ),
    ];
  }
}

/**
 * The state of Postgres according to the internal port of the API, such as `available`; undefined if the port doesn't
 * answer.
 */
export async function reportedDatabaseState(internalUrl: string): Promise<string | undefined> {
  try {
    const { body } = await ask(`${internalUrl}/readiness`);
    return isJsonObject(body) ? textIn(body['checks'], 'database') : undefined;
  } catch {
    return undefined;
  }
}

function textIn(body: unknown, member: string): string | undefined {
  return isJsonObject(body) ? textOf(body[member]) : undefined;
}

async function ask(url: string): Promise<{ readonly isOk: boolean; readonly body: unknown }> {
  const response = await fetch(url, { signal: AbortSignal.timeout(ANSWERED_WITHIN_MS) });
  return { isOk: response.ok, body: parseJson(await response.text()) };
}

/** Reports failing, overdue, and paused sources that the caller can see. */
export async function checkSources(options: ServerOptions): Promise<Finding[]> {
  try {
    const sources = await askServer(options, (client) => client.sources.list.query());
    const findings = sources.flatMap(sourceFindings);
    const shown = findings.slice(0, SHOWN);
    const more = findings.length - shown.length;
    return [
      ...(findings.length === 0 ? [ok(`${countText(sources.length, 'source is', 'sources are')} synced`)] : []),
      ...shown,
      ...(more === 0
        ? []
        : [
            warning(
              `${countText(more, 'more source needs', 'more sources need')} attention`,
              'list all with `rollcall sources`',
            ),
          ]),
    ];
  } catch (error) {
    if (!(error instanceof CommandFailure)) throw error;
    return [warning(`The sources can't be listed: ${error.message}`, 'see the section "API"')];
  }
}

type ListedSource = AdminAnswers['sources']['list'][number];

function sourceFindings({ name, state }: ListedSource): Finding[] {
  if (state.phase === 'failing') {
    const what = `Source "${name}": ${stateText(state)}: ${failureText(state)}`;
    return [
      problem(what, `repair the cause, then \`rollcall sync ${name} --wait\`; see docs/operations.md for the type`),
    ];
  }
  if (state.isOverdue) {
    const what = `Source "${name}" is overdue: its next check was due ${relativeTime(state.nextAttempt)}`;
    return [problem(what, 'check that a worker polls for tasks, and what the source does in the Temporal Web UI')];
  }
  if (state.phase === 'paused') {
    return [warning(`Source "${name}" is paused`, `resume it with \`rollcall resume ${name}\``)];
  }
  return [];
}
