/** Finds servers of a registry. */
import { Group, Stack, Text } from '@mantine/core';
import { useQuery } from '@tanstack/react-query';
import { getRouteApi } from '@tanstack/react-router';
import { type ReactElement, useCallback } from 'react';
import { useSession } from '../../client/session.ts';
import { PageTitle } from '../../parts/page-title.tsx';
import { Empty, Failure, QueryState } from '../../parts/query-state.tsx';
import { ENTRY_KINDS, type EntryKind } from '../../../registry/entry-kind.ts';
import { Filters, NO_FILTERS } from './filters.tsx';
import { pageQuery, registriesQuery } from './queries.ts';
import { Results } from './results.tsx';
import { SearchField } from './search-field.tsx';
import { type CatalogSearch, isFiltered } from './search.ts';
import { texts } from './texts.ts';
import { Choice } from '../../parts/choice.tsx';

const route = getRouteApi('/catalog');

export function CatalogPage(): ReactElement {
  const session = useSession();
  const search = route.useSearch();
  const registries = useQuery(registriesQuery);
  return (
    <Stack gap="sm">
      <PageTitle text={texts.title} />
      <QueryState query={registries}>
        {(found) => {
          if (found.length === 0) {
            return (
              <Empty title={texts.noRegistry}>{session.kind === 'public' && <Text>{texts.signInHint}</Text>}</Empty>
            );
          }
          const names = found.map(({ name }) => name);
          const registry = search.registry ?? names[0] ?? '';
          if (!names.includes(registry)) return <Failure error={new Error(texts.unknownRegistry(registry))} />;
          return <Servers registry={registry} registries={names} />;
        }}
      </QueryState>
    </Stack>
  );
}

function Servers({
  registry,
  registries,
}: {
  readonly registry: string;
  readonly registries: readonly string[];
}): ReactElement {
  const search = route.useSearch();
  const navigate = route.useNavigate();
  const change = useCallback(
    (changed: CatalogSearch) =>
      void navigate({ search: (previous: CatalogSearch) => ({ ...previous, ...changed }), replace: true }),
    [navigate],
  );
  const first = useQuery(pageQuery(search, 0));
  const { type = 'server' } = search;
  return (
    <>
      <Choice
        label={texts.type}
        w={{ base: '100%', sm: 'fit-content' }}
        values={ENTRY_KINDS}
        names={texts.types}
        value={type}
        onChange={(kind) => change({ ...NO_FILTERS, type: kind === 'server' ? undefined : kind })}
      />
      <Group gap="sm" align="flex-end">
        <SearchField
          label={texts.search[type]}
          value={search.search ?? ''}
          onChange={(text) => change({ search: text || undefined })}
        />
        <Filters registry={registry} registries={registries} search={search} onChange={change} />
      </Group>
      <QueryState query={first}>
        {({ total }) => (
          <>
            <Text size="sm" c="dimmed" role="status">
              {texts.count[type](total)}
            </Text>
            {total === 0 ? (
              <NoEntries type={type} isFiltered={isFiltered(search)} />
            ) : (
              <Results key={JSON.stringify([registry, search])} registry={registry} search={search} total={total} />
            )}
          </>
        )}
      </QueryState>
    </>
  );
}

function NoEntries({
  type,
  isFiltered: filtered,
}: {
  readonly type: EntryKind;
  readonly isFiltered: boolean;
}): ReactElement {
  return (
    <Empty title={filtered ? texts.none[type] : texts.empty[type]}>
      <Text c="dimmed">{filtered ? texts.noneHint : texts.emptyHint}</Text>
    </Empty>
  );
}
