/** One sync: why it failed, what it rejected, and what it changed. */
import { Group, Stack, Text, TextInput } from '@mantine/core';
import { IconSearch } from '@tabler/icons-react';
import { useQuery } from '@tanstack/react-query';
import { getRouteApi } from '@tanstack/react-router';
import type { ReactElement } from 'react';
import { server } from '../../client/server.ts';
import { hasRole, useSession } from '../../client/session.ts';
import { Empty, QueryState } from '../../parts/query-state.tsx';
import { SafeText } from '../../parts/safe-text.tsx';
import { Time } from '../../parts/time.tsx';
import { FindingsTable } from './findings.tsx';
import { OutcomeBadge, SyncFailure } from './parts.tsx';
import { texts } from './texts.ts';
import { PageTitle } from '../../parts/page-title.tsx';
import { Section, Muted } from '../../parts/text.tsx';
import { Choice } from '../../parts/choice.tsx';
import type { RunSearch } from './search.ts';
import { PageLink } from '../../parts/page-link.tsx';

const route = getRouteApi('/sources/$name/syncs/$number');

/** The server keeps this many of each kind. */
const MOST = 1000;

type RunDetail = Awaited<ReturnType<typeof server.sources.run.query>>;

export function RunPage(): ReactElement {
  const { name, number } = route.useParams();
  const isAllowed = hasRole(useSession(), 'manageSources');
  const run = useQuery({
    queryKey: ['sources', 'run', name, number],
    queryFn: ({ signal }) => server.sources.run.query({ name, number: Number(number), limit: MOST }, { signal }),
    refetchInterval: ({ state: { data } }) => (data?.endedAt === null ? 2_000 : false),
    enabled: isAllowed,
  });
  if (!isAllowed) return <Empty title={texts.notAllowed} />;
  return (
    <Stack>
      <PageLink size="sm" to="/sources/$name" params={{ name }}>
        {name}
      </PageLink>
      <QueryState query={run}>{(found) => <RunDetails run={found} />}</QueryState>
    </Stack>
  );
}

function RunDetails({ run }: { readonly run: RunDetail }): ReactElement {
  const { number, startedAt, trigger, requestedBy, reason, added, changed, removed, rejected, warnings } = run;
  return (
    <Stack gap="lg">
      <Group gap="sm">
        <PageTitle text={texts.run(number)} />
        <OutcomeBadge run={run} />
      </Group>
      <Text size="sm">
        <Time at={startedAt} />, {texts.triggers[trigger] ?? trigger}
        {requestedBy !== null && ` ${texts.requestedBy(requestedBy)}`}
        {reason !== null && `: ${reason}`}. {texts.changesInWords(added, changed, removed)},{' '}
        {texts.counts(rejected, warnings)}.
      </Text>
      {run.failureMessage !== null && (
        <SyncFailure title={texts.failure} message={run.failureMessage}>
          {run.failureType === 'RemovalGuard' && <Text size="sm">{texts.guardStopped}</Text>}
        </SyncFailure>
      )}
      <Findings run={run} />
      <Changes changes={run.changes} />
    </Stack>
  );
}

function Findings({ run }: { readonly run: RunDetail }): ReactElement {
  const { q = '', severity } = route.useSearch();
  const navigate = route.useNavigate();
  const change = (changed: RunSearch): void =>
    void navigate({ search: (before) => ({ ...before, ...changed }), replace: true });
  const wanted = q.toLowerCase();
  const shown = run.findings.filter(
    (finding) =>
      (severity === undefined || finding.severity === severity) &&
      `${finding.name} ${finding.version} ${finding.location} ${finding.reason}`.toLowerCase().includes(wanted),
  );
  const all = run.rejected + run.warnings;
  return (
    <Section title={texts.findings}>
      {run.findings.length === 0 ? (
        <Text c="dimmed">{texts.noFindings}</Text>
      ) : (
        <>
          <Group align="flex-end">
            <TextInput
              label={texts.findingsSearch}
              leftSection={<IconSearch size={16} />}
              value={q}
              onChange={({ currentTarget: { value } }) => change({ q: value || undefined })}
            />
            <Choice
              label={texts.severityLabel}
              values={['all', 'rejection', 'warning']}
              names={texts.severities}
              value={severity ?? 'all'}
              onChange={(value) => change({ severity: value === 'all' ? undefined : value })}
            />
          </Group>
          {run.findings.length < all && <Muted>{texts.moreFindings(run.findings.length, all)}</Muted>}
          {shown.length === 0 ? <Empty title={texts.noFindingsFound} /> : <FindingsTable findings={shown} />}
        </>
      )}
    </Section>
  );
}

function Changes({ changes }: { readonly changes: RunDetail['changes'] }): ReactElement {
  return (
    <Section title={texts.changedEntries}>
      {changes.length === 0 && <Text c="dimmed">{texts.noChanges}</Text>}
      {(['added', 'changed', 'removed'] as const).map((kind) => {
        const ofKind = changes.filter((change) => change.kind === kind);
        return (
          ofKind.length > 0 && (
            <details key={kind} open={ofKind.length <= 20}>
              <summary>
                {texts.changeKinds[kind]}: {ofKind.length}
              </summary>
              <ul>
                {ofKind.map(({ name, version }) => (
                  <li key={`${name} ${version}`} style={{ overflowWrap: 'anywhere' }}>
                    <SafeText text={`${name} ${version}`} limit={300} />
                  </li>
                ))}
              </ul>
            </details>
          )
        );
      })}
    </Section>
  );
}
