/** The view of a caller with other claims on a registry. */
import { Alert, Button, Group, JsonInput, Stack, Table, Text, TextInput } from '@mantine/core';
import { useInfiniteQuery } from '@tanstack/react-query';
import { getRouteApi } from '@tanstack/react-router';
import { type ReactElement, useState } from 'react';
import { ENTRY_KINDS, type EntryKind } from '../../../registry/entry-kind.ts';
import { isJsonObject, type JsonObject } from '../../../registry/json.ts';
import { server } from '../../client/server.ts';
import { hasRole, useSession } from '../../client/session.ts';
import { Empty, QueryState, MoreButton } from '../../parts/query-state.tsx';
import { SafeText } from '../../parts/safe-text.tsx';
import { texts } from './texts.ts';
import { WideTable } from '../../parts/wide-table.tsx';
import { PageTitle } from '../../parts/page-title.tsx';
import { Choice } from '../../parts/choice.tsx';
import type { ViewAsSearch } from './search.ts';
import { PageLink } from '../../parts/page-link.tsx';

const route = getRouteApi('/registries/$name/view-as');

const EXAMPLE = '{\n  "groups": ["engineering"]\n}';

export function ViewAsPage(): ReactElement {
  const { name } = route.useParams();
  const { claims: shown, q = '', type = 'server' } = route.useSearch();
  const navigate = route.useNavigate();
  const change = (changed: ViewAsSearch): void =>
    void navigate({ search: (before) => ({ ...before, ...changed }), replace: true });
  const [claims, setClaims] = useState(shown ?? EXAMPLE);
  const isAllowed = hasRole(useSession(), 'superAdmin');
  if (!isAllowed) return <Empty title={texts.onlySuperAdmins} />;
  return (
    <Stack>
      <PageLink size="sm" to="/registries">
        {texts.back}
      </PageLink>
      <PageTitle text={texts.viewAsTitle(name)} />
      <Text>{texts.viewAsWhat}</Text>
      <form
        onSubmit={(event) => {
          event.preventDefault();
          void navigate({ search: (before) => ({ ...before, claims }) });
        }}
      >
        <Stack align="flex-start">
          <JsonInput
            label={texts.tokenClaims}
            validationError={texts.notClaims}
            w="100%"
            maw={560}
            autosize
            minRows={4}
            value={claims}
            onChange={setClaims}
          />
          <Choice
            label={texts.type}
            values={ENTRY_KINDS}
            names={texts.types}
            value={type}
            onChange={(kind) => change({ type: kind === 'server' ? undefined : kind })}
          />
          <Group align="flex-end">
            <TextInput
              label={texts.search}
              value={q}
              onChange={({ currentTarget: { value } }) => change({ q: value || undefined })}
            />
            <Button type="submit" disabled={objectIn(claims) === undefined}>
              {texts.show}
            </Button>
          </Group>
        </Stack>
      </form>
      {shown !== undefined && objectIn(shown) !== undefined && (
        <View name={name} type={type} claims={shown} search={q} />
      )}
    </Stack>
  );
}

interface ViewProps {
  readonly name: string;
  readonly type: EntryKind;
  readonly claims: string;
  readonly search: string;
}

function View({ name, type, claims, search }: ViewProps): ReactElement {
  const view = useInfiniteQuery({
    queryKey: ['registries', 'viewAs', name, type, claims, search],
    queryFn: ({ signal, pageParam }) =>
      server.registries.viewAs.query(
        {
          name,
          entryKind: type,
          claims: objectIn(claims) ?? {},
          search: search || undefined,
          after: pageParam ?? undefined,
        },
        { signal },
      ),
    initialPageParam: null as string | null,
    getNextPageParam: ({ next }) => next ?? undefined,
    select: ({ pages }) => ({ ...pages[0], entries: pages.flatMap(({ entries }) => entries) }),
  });
  return (
    <QueryState query={view}>
      {({ isVisible, roles = [], entries }) => (
        <Stack>
          <Text>
            {texts.roles}: {roles.length === 0 ? texts.noRoles : roles.join(', ')}
          </Text>
          {isVisible !== true ? (
            <Alert color="yellow">{texts.notVisible}</Alert>
          ) : entries.length === 0 ? (
            <Empty title={texts.noEntries} />
          ) : (
            <WideTable
              label={texts.viewAsTitle(name)}
              minWidth={400}
              titles={[texts.names[type], texts.version, texts.source]}
            >
              {entries.map((entry) => (
                <Table.Tr key={entry.name}>
                  <Table.Td style={{ overflowWrap: 'anywhere' }}>
                    <SafeText text={entry.name} limit={300} />
                  </Table.Td>
                  <Table.Td>
                    <SafeText text={entry.version} limit={100} />
                  </Table.Td>
                  <Table.Td>{entry.sourceName}</Table.Td>
                </Table.Tr>
              ))}
            </WideTable>
          )}
          <MoreButton query={view} label={texts.more} />
        </Stack>
      )}
    </QueryState>
  );
}

function objectIn(text: string): JsonObject | undefined {
  try {
    const value: unknown = JSON.parse(text);
    return isJsonObject(value) ? value : undefined;
  } catch {
    return undefined;
  }
}
