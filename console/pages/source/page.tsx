import { Group, Select, Stack, Table, Text, TextInput } from '@mantine/core';
import { IconPlus, IconSearch } from '@tabler/icons-react';
import { useQuery } from '@tanstack/react-query';
import { getRouteApi } from '@tanstack/react-router';
import type { ReactElement } from 'react';
import { hasRole, useSession } from '../../client/session.ts';
import { Empty, QueryState } from '../../parts/query-state.tsx';
import { Time } from '../../parts/time.tsx';
import { entriesInWords, NextSync, StateBadge } from './parts.tsx';
import { type SourceRow, sourcesQuery, STATES, stateOf } from './state.ts';
import { texts } from './texts.ts';
import { WideTable } from '../../parts/wide-table.tsx';
import { PageTitle } from '../../parts/page-title.tsx';
import { SafeText } from '../../parts/safe-text.tsx';
import { Muted } from '../../parts/text.tsx';
import type { SourcesSearch } from './search.ts';
import { PageButton, PageLink } from '../../parts/page-link.tsx';

const route = getRouteApi('/sources');

export function SourcesPage(): ReactElement {
  const session = useSession();
  const isAllowed = hasRole(session, 'manageSources');
  const sources = useQuery({ ...sourcesQuery, enabled: isAllowed });
  if (!isAllowed) return <Empty title={texts.notAllowed} />;
  return (
    <Stack>
      <Group justify="space-between">
        <PageTitle text={texts.title} />
        {session.mayWrite && (
          <PageButton leftSection={<IconPlus size={16} />} to="/sources/new">
            {texts.create}
          </PageButton>
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
  const change = (changed: SourcesSearch): void =>
    void navigate({ search: (before) => ({ ...before, ...changed }), replace: true });
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
          onChange={({ currentTarget: { value } }) => change({ q: value || undefined })}
        />
        <Select
          label={texts.state}
          placeholder={texts.anyState}
          clearable
          clearButtonProps={{ 'aria-label': texts.anyState }}
          data={STATES.map((value) => ({ value, label: texts.states[value] }))}
          value={state ?? null}
          onChange={(value) => change({ state: STATES.find((candidate) => candidate === value) })}
        />
      </Group>
      {shown.length === 0 ? (
        <Empty title={texts.noneFound} />
      ) : (
        <WideTable label={texts.title} minWidth={640} verticalSpacing="sm" titles={Object.values(texts.columns)}>
          {shown.map((source) => (
            <SourceLine key={source.name} source={source} />
          ))}
        </WideTable>
      )}
    </>
  );
}

function SourceLine({ source }: { readonly source: SourceRow }): ReactElement {
  const { name, kind, entryCount, entryCounts, state } = source;
  return (
    <Table.Tr>
      <Table.Td miw={160}>
        <PageLink to="/sources/$name" params={{ name }}>
          {name}
        </PageLink>
      </Table.Td>
      <Table.Td>{kind}</Table.Td>
      <Table.Td>
        <StateBadge state={stateOf(source)} />
      </Table.Td>
      <Table.Td>
        {entryCount.toLocaleString()}
        {entryCounts.server !== entryCount && <Muted size="xs">{entriesInWords(entryCounts)}</Muted>}
      </Table.Td>
      <Table.Td>{state.lastSuccess === null ? '–' : <Time at={state.lastSuccess} as="relative" />}</Table.Td>
      <Table.Td maw={320}>
        {state.failure === null ? (
          '–'
        ) : (
          <>
            <Time at={state.failure.at} as="relative" />
            <Text size="xs" c="dimmed" lineClamp={2}>
              {texts.failures(state.failures)}: <SafeText text={state.failure.message} limit={500} />
            </Text>
          </>
        )}
      </Table.Td>
      <Table.Td>
        <NextSync state={state} at={state.nextAttempt} otherwise="–" />
        {state.isOverdue && (
          <Text size="xs" c="red">
            {texts.overdue}
          </Text>
        )}
      </Table.Td>
    </Table.Tr>
  );
}
