import { Anchor, Button, Group, Select, Stack, Table, Text, TextInput } from '@mantine/core';
import { IconPlus, IconSearch } from '@tabler/icons-react';
import { useQuery } from '@tanstack/react-query';
import { getRouteApi, Link } from '@tanstack/react-router';
import type { ReactElement } from 'react';
import { server } from '../../client/server.ts';
import { hasRole, useSession } from '../../client/session.ts';
import { Empty, QueryState } from '../../parts/query-state.tsx';
import { Time } from '../../parts/time.tsx';
import { entriesInWords, StateBadge } from './parts.tsx';
import { type SourceRow, STATES, stateOf } from './state.ts';
import { texts } from './texts.ts';
import { ColumnTitles, WideTable } from '../../parts/wide-table.tsx';
import { PageTitle } from '../../parts/page-title.tsx';

const route = getRouteApi('/sources');

export function SourcesPage(): ReactElement {
  const session = useSession();
  const sources = useQuery({
    queryKey: ['sources', 'list'],
    queryFn: ({ signal }) => server.sources.list.query(undefined, { signal }),
    enabled: hasRole(session, 'manageSources'),
    refetchInterval: 10_000,
  });
  if (!hasRole(session, 'manageSources')) return <Empty title={texts.notAllowed} />;
  return (
    <Stack>
      <Group justify="space-between">
        <PageTitle text={texts.title} />
        {session.mayWrite && (
          <Button leftSection={<IconPlus size={16} />} renderRoot={(props) => <Link to="/sources/new" {...props} />}>
            {texts.create}
          </Button>
        )}
      </Group>
      <QueryState query={sources}>
        {(found) =>
          found.length === 0 ? (
            <Empty title={texts.none}>
              <Text c="dimmed">{texts.noneHint}</Text>
            </Empty>
          ) : (
            <FilteredSources sources={found} />
          )
        }
      </QueryState>
    </Stack>
  );
}

function FilteredSources({ sources }: { readonly sources: readonly SourceRow[] }): ReactElement {
  const { q = '', state } = route.useSearch();
  const navigate = route.useNavigate();
  const shown = sources.filter(
    (source) => source.name.includes(q.toLowerCase()) && (state === undefined || stateOf(source) === state),
  );
  return (
    <>
      <Group align="flex-end">
        <TextInput
          label={texts.search}
          leftSection={<IconSearch size={16} />}
          value={q}
          onChange={({ currentTarget: { value } }) =>
            void navigate({ search: (before) => ({ ...before, q: value || undefined }), replace: true })
          }
        />
        <Select
          label={texts.state}
          placeholder={texts.anyState}
          clearable
          clearButtonProps={{ 'aria-label': texts.anyState }}
          data={STATES.map((value) => ({ value, label: texts.states[value] }))}
          value={state ?? null}
          onChange={(value) =>
            void navigate({
              search: (before) => ({ ...before, state: STATES.find((candidate) => candidate === value) }),
              replace: true,
            })
          }
        />
      </Group>
      {shown.length === 0 ? <Empty title={texts.noneFound} /> : <SourcesTable sources={shown} />}
    </>
  );
}

function SourcesTable({ sources }: { readonly sources: readonly SourceRow[] }): ReactElement {
  const { columns } = texts;
  return (
    <WideTable label={texts.title} minWidth={640} verticalSpacing="sm">
      <ColumnTitles titles={Object.values(columns)} />
      <Table.Tbody>
        {sources.map((source) => (
          <SourceLine key={source.name} source={source} />
        ))}
      </Table.Tbody>
    </WideTable>
  );
}

function SourceLine({ source }: { readonly source: SourceRow }): ReactElement {
  const { name, kind, entryCount, entryCounts, lastRun, state } = source;
  const hasFailed = lastRun?.outcome === 'failed' && lastRun.endedAt !== null;
  return (
    <Table.Tr>
      <Table.Td miw={160}>
        <Anchor renderRoot={(props) => <Link to="/sources/$name" params={{ name }} {...props} />}>{name}</Anchor>
      </Table.Td>
      <Table.Td>{kind}</Table.Td>
      <Table.Td>
        <StateBadge state={stateOf(source)} />
      </Table.Td>
      <Table.Td>
        {entryCount.toLocaleString()}
        {entryCounts.server !== entryCount && (
          <Text size="xs" c="dimmed">
            {entriesInWords(entryCounts)}
          </Text>
        )}
      </Table.Td>
      <Table.Td>{state.lastSuccess === null ? '–' : <Time at={state.lastSuccess} as="relative" />}</Table.Td>
      <Table.Td maw={320}>
        {hasFailed ? (
          <>
            <Time at={lastRun.endedAt ?? ''} as="relative" />
            <Text size="xs" c="dimmed" lineClamp={2}>
              {texts.failures(state.failures)}: {lastRun.failureMessage}
            </Text>
          </>
        ) : (
          '–'
        )}
      </Table.Td>
      <Table.Td>
        {state.nextAttempt === null ? '–' : <Time at={state.nextAttempt} as="relative" />}
        {state.isOverdue && (
          <Text size="xs" c="red">
            {texts.overdue}
          </Text>
        )}
      </Table.Td>
    </Table.Tr>
  );
}
