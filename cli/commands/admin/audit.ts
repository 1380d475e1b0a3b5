import { type Command, InvalidArgumentError, Option } from 'commander';
import { DURATION_PATTERN, durationMilliseconds } from '../../../config/duration.ts';
import { AUDIT_ACTIONS, AUDIT_OUTCOMES } from '../../../registry/audit.ts';
import { type AdminAnswers, type AdminClient, type AdminInputs, askServer } from '../../server/admin-client.ts';
import { positiveInteger } from '../../terminal/options.ts';
import { addServerOptions, printAnswer, type ServerOptions } from '../../server/server-options.ts';
import { formatTable } from '../../terminal/table.ts';

type Conditions = AdminInputs['audit']['list'];
type AuditEvent = AdminAnswers['audit']['list'][number];

interface AuditOptions extends ServerOptions, Pick<Conditions, 'subject' | 'issuer' | 'action' | 'outcome' | 'target'> {
  readonly since?: string;
  readonly until?: string;
  readonly limit: number;
}

/** The server's maximum page size. */
const PAGE_SIZE = 1000;

export function addAdminAuditCommand(admin: Command): void {
  addServerOptions(admin.command('audit'))
    .option('--subject <sub>', 'only events by this subject (the "sub" claim of the token)')
    .option('--issuer <url>', 'only events by callers of this identity provider')
    .addOption(new Option('--action <action>', 'only this action').choices(AUDIT_ACTIONS))
    .addOption(
      new Option('--outcome <outcome>', 'only events with this outcome').choices([...AUDIT_OUTCOMES, 'unknown']),
    )
    .option('--target <name>', 'only events on this entry, source, or registry; for refused requests "METHOD /path"')
    .option('--since <when>', 'earliest time: a timestamp, or a duration such as 24h (ago)', moment)
    .option('--until <when>', 'latest time, in the same format', moment)
    .option('--limit <number>', 'number of events', positiveInteger, 50)
    .description('List changes and refusals, newest first')
    .addHelpText(
      'after',
      [
        '\nRequires the role superAdmin.',
        '\nExamples:',
        '  $ rollcall admin audit --since 24h --outcome denied',
        '  $ rollcall admin audit --target com.example/weather',
        '  $ rollcall admin audit --subject ada --json | jq -r ".[].action"',
      ].join('\n'),
    )
    .action(async (options: AuditOptions) => {
      const events = await askServer(options, (client) => readEvents(client, options));
      printAnswer(options, events, eventTable);
    });
}

/** Converts a timestamp or a duration to an RFC 3339 timestamp. */
function moment(text: string): string {
  const time = DURATION_PATTERN.test(text) ? Date.now() - durationMilliseconds(text) : Date.parse(text);
  if (Number.isNaN(time)) {
    throw new InvalidArgumentError('Expected a timestamp such as 2026-08-07T13:15:04Z, or a duration such as 24h.');
  }
  return new Date(time).toISOString();
}

async function readEvents(client: AdminClient, options: AuditOptions): Promise<AuditEvent[]> {
  const { subject, issuer, action, outcome, target, since: from, until, limit } = options;
  const events: AuditEvent[] = [];
  for (;;) {
    const last = events.at(-1);
    const page = await client.audit.list.query({
      subject,
      issuer,
      action,
      outcome,
      target,
      from,
      until,
      ...(last && { before: { at: last.at, id: last.id } }),
      limit: Math.min(PAGE_SIZE, limit - events.length),
    });
    events.push(...page);
    if (page.length === 0 || events.length >= limit) return events;
  }
}

function eventTable(events: readonly AuditEvent[]): string {
  if (events.length === 0) return 'No events';
  return formatTable(
    ['when', 'who', 'action', 'target', 'outcome', 'times', 'from', 'remark'],
    events.map((event) => [
      event.at,
      whoText(event),
      event.action,
      [event.target.name, event.target.version].filter((part) => part !== null).join(' ') || null,
      event.outcome ?? 'unknown',
      event.count,
      event.sourceAddress,
      remarkText(event),
    ]),
  );
}

const CALLERS_WITHOUT_SUBJECT = {
  public: 'anonymous',
  everybody: 'anonymous mode',
  system: 'configuration',
  token: null,
} as const;

function whoText({ actor, subject, displayName }: AuditEvent): string | null {
  if (subject === null) return CALLERS_WITHOUT_SUBJECT[actor];
  return displayName === null ? subject : `${displayName} (${subject})`;
}

/** The reason of a refusal, or the members that a new configuration file changed. */
function remarkText({ detail: { message, change, members } }: AuditEvent): string | null {
  if (typeof message === 'string') return message;
  if (typeof change !== 'string') return null;
  return Array.isArray(members) ? `${change}: ${members.join(', ')}` : change;
}
