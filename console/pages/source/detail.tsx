import { Alert, Anchor, Code, Group, Loader, SimpleGrid, Stack, Text } from '@mantine/core';
import { IconExternalLink } from '@tabler/icons-react';
import { useQuery, useQueryClient } from '@tanstack/react-query';
import { getRouteApi } from '@tanstack/react-router';
import { type ReactElement, type ReactNode, useEffect, useState } from 'react';
import type { SourceProgress } from '../../../api/admin/outputs.ts';
import { server } from '../../client/server.ts';
import { hasRole, useSession } from '../../client/session.ts';
import { webUrl } from '../../parts/safe-link.tsx';
import { Empty, QueryState } from '../../parts/query-state.tsx';
import { Time } from '../../parts/time.tsx';
import { SourceActions } from './actions.tsx';
import { History } from './history.tsx';
import { entriesInWords, NextSync, StateBadge, SyncFailure } from './parts.tsx';
import { type SourceDetail, sourceQuery, stateOf } from './state.ts';
import { texts } from './texts.ts';
import { PageTitle } from '../../parts/page-title.tsx';
import { Section, Muted } from '../../parts/text.tsx';
import { PageLink } from '../../parts/page-link.tsx';

const route = getRouteApi('/sources/$name');

export function SourcePage(): ReactElement {
  const { name } = route.useParams();
  const isAllowed = hasRole(useSession(), 'manageSources');
  const source = useQuery({ ...sourceQuery(name), enabled: isAllowed });
  if (!isAllowed) return <Empty title={texts.notAllowed} />;
  return (
    <Stack>
      <PageLink size="sm" to="/sources">
        {texts.back}
      </PageLink>
      <QueryState query={source}>{(found) => <Source source={found} />}</QueryState>
    </Stack>
  );
}

function Source({ source }: { readonly source: SourceDetail }): ReactElement {
  const session = useSession();
  const { name, state, origin, definition } = source;
  return (
    <Stack gap="lg">
      <Group justify="space-between" align="flex-start">
        <Group gap="sm">
          <PageTitle text={name} />
          <StateBadge state={stateOf(source)} />
        </Group>
        {session.mayWrite && <SourceActions source={source} />}
      </Group>
      <Progress name={name} />
      {state.failure?.type === 'RemovalGuard' && <Alert color="yellow">{texts.guardStopped}</Alert>}
      {state.failure !== null && <SyncFailure title={texts.failure} message={state.failure.message} />}
      <Facts source={source} />
      <TemporalLink name={name} />
      {definition.origin.kind !== 'managed' && <History name={name} />}
      <Section title={texts.definition}>
        {origin === 'file' && <Muted>{texts.ofFile}</Muted>}
        <Code block tabIndex={0} mah={320} style={{ overflow: 'auto' }}>
          {JSON.stringify(source.written, null, 2)}
        </Code>
      </Section>
    </Stack>
  );
}

function Facts({ source }: { readonly source: SourceDetail }): ReactElement {
  const { kind, entryCounts, origin, claims, actor, definition, written, state } = source;
  const noClaims = useSession().kind === 'everybody' ? texts.claimsWithoutEffect : texts.noClaims;
  const policy = written['syncPolicy'] as { readonly interval?: string } | undefined;
  // While a sync runs, the actor's time is still the one at which this sync was planned.
  const nextAt = (state.isSyncing ? undefined : actor?.nextCycleAt) ?? state.nextAttempt;
  const facts: Record<keyof typeof texts.facts, ReactNode> = {
    kind,
    entries: entriesInWords(entryCounts),
    interval: definition.syncPolicy.intervalMs === null ? texts.onRequest : policy?.interval,
    nextSync: <NextSync state={state} at={nextAt} otherwise={texts.notPlanned} />,
    lastSuccess: <TimeOr at={state.lastSuccess} otherwise={texts.never} />,
    failures: state.failures,
    definedBy: texts.definedBy[origin],
    claims: claims === null ? noClaims : <Code>{JSON.stringify(claims)}</Code>,
  };
  return (
    <>
      {actor === null && <Alert color="yellow">{texts.temporalUnavailable}</Alert>}
      <SimpleGrid component="dl" cols={{ base: 2, sm: 4 }} m={0}>
        {(Object.keys(texts.facts) as (keyof typeof texts.facts)[]).map((fact) => (
          <div key={fact}>
            <Text component="dt" size="sm" c="dimmed">
              {texts.facts[fact]}
            </Text>
            <Text component="dd" m={0} style={{ overflowWrap: 'anywhere' }}>
              {facts[fact]}
            </Text>
          </div>
        ))}
      </SimpleGrid>
    </>
  );
}

function TimeOr({ at, otherwise }: { readonly at: string | null; readonly otherwise: string }): ReactElement {
  return at === null ? <>{otherwise}</> : <Time at={at} as="relative" />;
}

function TemporalLink({ name }: { readonly name: string }): ReactElement | null {
  const { data } = useQuery({
    queryKey: ['system'],
    queryFn: ({ signal }) => server.system.info.query(undefined, { signal }),
    staleTime: Infinity,
  });
  const base = data?.temporal.uiUrl === undefined ? undefined : webUrl(data.temporal.uiUrl);
  if (base === undefined || data === undefined) return null;
  const path = `namespaces/${encodeURIComponent(data.temporal.namespace)}/workflows/${encodeURIComponent(`source/${name}`)}`;
  return (
    <Anchor size="sm" href={new URL(path, `${base.replace(/\/$/, '')}/`).href} target="_blank" rel="noopener">
      {texts.openTemporal} <IconExternalLink size={14} aria-hidden />
    </Anchor>
  );
}

/** Follows the syncs of the source while the page is open. */
function Progress({ name }: { readonly name: string }): ReactElement | null {
  const client = useQueryClient();
  const [progress, setProgress] = useState<SourceProgress>();
  useEffect(() => {
    let seen = '';
    const subscription = server.sources.watch.subscribe(
      { name },
      {
        onData: (news) => {
          setProgress(news);
          const state = `${news.run?.number} ${news.run?.endedAt} ${news.paused}`;
          if (seen !== state) void client.invalidateQueries({ queryKey: ['sources'] });
          seen = state;
        },
      },
    );
    return () => subscription.unsubscribe();
  }, [name, client]);
  const run = progress?.run;
  const isRunning = run !== undefined && run !== null && run.endedAt === null;
  return (
    <div aria-live="polite">
      {isRunning && (
        <Alert color="blue" variant="light" icon={<Loader size={18} />} title={texts.running(run.number)}>
          {texts.runningEntries(progress?.stagedEntries ?? 0)}
        </Alert>
      )}
    </div>
  );
}
