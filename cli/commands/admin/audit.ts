import { type Command, InvalidArgumentError, Option } from 'commander';
import type { inferRouterInputs, inferRouterOutputs } from '@trpc/server';
import type { AdminRouter } from '../../../api/trpc/router.ts';
import { DURATION_PATTERN, durationMilliseconds } from '../../../config/duration.ts';
import { AUDIT_ACTIONS, AUDIT_OUTCOMES } from '../../../registry/audit.ts';
import { type AdminClient, askServer } from '../../server/admin-client.ts';
import { positiveInteger } from '../../terminal/positive-integer.ts';
import { addServerOptions, printAnswer, type ServerOptions } from '../../server/server-options.ts';
import { formatTable } from '../../terminal/table.ts';

type Conditions = inferRouterInputs<AdminRouter>['audit']['list'];
type AuditEvent = inferRouterOutputs<AdminRouter>['audit']['list'][number];

interface AuditOptions extends ServerOptions, Pick<Conditions, 'subject' | 'issuer' | 'action' | 'outcome' | 'target'> {
  readonly since?: string;
  readonly until?: string;
  readonly limit: number;
}

/** As many as the server gives at once. */
const PAGE_SIZE = 1000;

export function addAdminAuditCommand(admin: Command): void {
  addServerOptions(admin.command('audit'))
    .option('--subject <sub>', 'only by this one, as the claim "sub" of the token names it')
    .option('--issuer <url>', 'only by those whom this provider vouches for')
    .addOption(new Option('--action <action>', 'only this').choices(AUDIT_ACTIONS))
    .addOption(new Option('--outcome <outcome>', 'only what came to this').choices([...AUDIT_OUTCOMES, 'unknown']))
    .option('--target <name>', 'only on this entry, source or registry; of refused requests "METHOD /path"')
    .option('--since <when>', 'not before: a timestamp, or a duration ago such as 24h', moment)
    .option('--until <when>', 'before: the same', moment)
    .option('--limit <number>', 'how many', positiveInteger, 50)
    .description('List who changed what and who was refused, newest first')
    .addHelpText(
      'after',
      [
        '\nThis needs the role superAdmin.',
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

/** RFC 3339. */
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

const NOBODY_IN_PARTICULAR = { public: 'nobody', everybody: 'anybody', system: 'configuration', token: null } as const;

function whoText({ actor, subject, displayName }: AuditEvent): string | null {
  if (subject === null) return NOBODY_IN_PARTICULAR[actor];
  return displayName === null ? subject : `${displayName} (${subject})`;
}

/** Why something was not done; what the configuration file says otherwise than before. */
function remarkText({ detail: { message, change, members } }: AuditEvent): string | null {
  if (typeof message === 'string') return message;
  if (typeof change !== 'string') return null;
  return Array.isArray(members) ? `${change}: ${members.join(', ')}` : change;
}
