import { Alert, Badge, Card, Group, List, SimpleGrid, Stack, Text } from '@mantine/core';
import { useQuery } from '@tanstack/react-query';
import type { ReactElement } from 'react';
import { server } from '../../client/server.ts';
import { hasRole, useSession } from '../../client/session.ts';
import { QueryState } from '../../parts/query-state.tsx';
import { SafeText } from '../../parts/safe-text.tsx';
import { Time } from '../../parts/time.tsx';
import { registriesQuery } from '../catalog/queries.ts';
import { sourcesQuery } from '../source/state.ts';
import { texts } from './texts.ts';
import { PageTitle } from '../../parts/page-title.tsx';
import { Section, Muted } from '../../parts/text.tsx';
import { PageButton, PageLink } from '../../parts/page-link.tsx';

export function OverviewPage(): ReactElement {
  const session = useSession();
  return (
    <Stack gap="lg">
      <PageTitle text={texts.title} />
      {hasRole(session, 'manageSources') ? <Sources /> : <Reader />}
    </Stack>
  );
}

function Reader(): ReactElement {
  const session = useSession();
  const registries = useQuery(registriesQuery);
  return (
    <Stack align="flex-start">
      <Text>{session.kind === 'public' ? texts.publicHint : texts.readerHint}</Text>
      <PageButton to="/catalog">{texts.toCatalog}</PageButton>
      <QueryState query={registries}>
        {(found) => (
          <Section title={texts.registries}>
            <List>
              {found.map(({ name }) => (
                <List.Item key={name}>
                  <PageLink to="/catalog" search={{ registry: name }}>
                    {name}
                  </PageLink>
                </List.Item>
              ))}
            </List>
          </Section>
        )}
      </QueryState>
    </Stack>
  );
}

function Sources(): ReactElement {
  const info = useQuery({
    queryKey: ['system', 'counts'],
    queryFn: ({ signal }) => server.system.info.query(undefined, { signal }),
    refetchInterval: 30_000,
  });
  const sources = useQuery(sourcesQuery);
  return (
    <>
      <QueryState query={info}>
        {({ counts }) => (
          <SimpleGrid cols={{ base: 2, sm: 4 }}>
            <Count label={texts.counts.entries} value={counts.entries} />
            <Count label={texts.counts.sources} value={counts.sources} />
            <Count label={texts.counts.registries} value={counts.registries} />
            <Count
              label={texts.counts.failing}
              value={sources.data?.filter(({ state }) => state.failures > 0).length}
            />
          </SimpleGrid>
        )}
      </QueryState>
      <Section title={texts.failing}>
        <QueryState query={sources}>
          {(found) => {
            const failing = found.filter(({ state }) => state.failures > 0);
            return failing.length === 0 ? (
              <Text c="dimmed">{texts.noFailing}</Text>
            ) : (
              failing.map(({ name, state }) => (
                <Alert key={name} color="red" variant="light">
                  <Group gap="xs">
                    <PageLink fw={600} to="/sources/$name" params={{ name }}>
                      {name}
                    </PageLink>
                    <Text size="sm">{texts.failures(state.failures)}</Text>
                  </Group>
                  {state.failure !== null && (
                    <Text size="sm" lineClamp={3} style={{ overflowWrap: 'anywhere' }}>
                      <SafeText text={state.failure.message} limit={500} />
                    </Text>
                  )}
                </Alert>
              ))
            );
          }}
        </QueryState>
      </Section>
      <Recent />
    </>
  );
}

function Count({ label, value }: { readonly label: string; readonly value: number | undefined }): ReactElement {
  return (
    <Card withBorder>
      <Muted>{label}</Muted>
      <Text fz={28} fw={600}>
        {value === undefined ? '…' : value.toLocaleString()}
      </Text>
    </Card>
  );
}

function Recent(): ReactElement {
  const recent = useQuery({
    queryKey: ['sources', 'recentRuns'],
    queryFn: ({ signal }) => server.sources.recentRuns.query({ limit: 15 }, { signal }),
    refetchInterval: 30_000,
  });
  return (
    <Section title={texts.recent}>
      <QueryState query={recent}>
        {(runs) =>
          runs.length === 0 ? (
            <Text c="dimmed">{texts.noRecent}</Text>
          ) : (
            <List listStyleType="none" spacing="xs">
              {runs.map((run) => (
                <List.Item key={run.id}>
                  <Group gap="xs">
                    <Time at={run.endedAt ?? run.startedAt} as="relative" />
                    <PageLink
                      to="/sources/$name/syncs/$number"
                      params={{ name: run.sourceName, number: String(run.number) }}
                    >
                      {texts.sync(run.sourceName, run.number)}
                    </PageLink>
                    {run.outcome === 'failed' ? (
                      <Badge color="red">{texts.failed}</Badge>
                    ) : (
                      <Text size="sm">{texts.changes(run.added, run.changed, run.removed)}</Text>
                    )}
                  </Group>
                </List.Item>
              ))}
            </List>
          )
        }
      </QueryState>
    </Section>
  );
}
