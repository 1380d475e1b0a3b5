import { Badge, Button, Group, NativeSelect, Stack, Table, TextInput, type TextInputProps } from '@mantine/core';
import { useInfiniteQuery } from '@tanstack/react-query';
import { getRouteApi } from '@tanstack/react-router';
import type { ReactElement } from 'react';
import { AUDIT_ACTIONS, type AuditEvent } from '../../../registry/audit.ts';
import { server } from '../../client/server.ts';
import { hasRole, useSession } from '../../client/session.ts';
import { Empty, QueryState, MoreButton } from '../../parts/query-state.tsx';
import { SafeText } from '../../parts/safe-text.tsx';
import { Time } from '../../parts/time.tsx';
import { AuditExport } from './export.tsx';
import { type AuditSearch, conditionsOf, OUTCOMES } from './search.ts';
import { texts } from './texts.ts';
import { WideTable } from '../../parts/wide-table.tsx';
import { PageTitle } from '../../parts/page-title.tsx';
import { Muted } from '../../parts/text.tsx';

const route = getRouteApi('/audit');
const PAGE = 100;

export function AuditPage(): ReactElement {
  const session = useSession();
  const search = route.useSearch();
  const isAllowed = hasRole(session, 'superAdmin');
  const events = useInfiniteQuery({
    queryKey: ['audit', search],
    queryFn: ({ signal, pageParam }) =>
      server.audit.list.query({ ...conditionsOf(search), limit: PAGE, before: pageParam ?? undefined }, { signal }),
    initialPageParam: null as { at: string; id: string } | null,
    getNextPageParam: (page) => {
      const last = page.at(-1);
      return page.length < PAGE || last === undefined ? undefined : { at: last.at, id: last.id };
    },
    select: ({ pages }) => pages.flat(),
    enabled: isAllowed,
  });
  if (!isAllowed) return <Empty title={texts.notAllowed} />;
  return (
    <Stack>
      <Group justify="space-between">
        <PageTitle text={texts.title} />
        <AuditExport search={search} />
      </Group>
      <Filters search={search} />
      <QueryState query={events}>
        {(found) =>
          found.length === 0 ? (
            <Empty title={texts.none}>
              <Muted>{texts.noneHint}</Muted>
            </Empty>
          ) : (
            <>
              <WideTable label={texts.title} minWidth={720} titles={Object.values(texts.columns)}>
                {found.map((event) => (
                  <EventLine key={event.id} event={event} />
                ))}
              </WideTable>
              <MoreButton query={events} label={texts.more} />
            </>
          )
        }
      </QueryState>
    </Stack>
  );
}

function Filters({ search }: { readonly search: AuditSearch }): ReactElement {
  const navigate = route.useNavigate();
  const set = (change: AuditSearch): void =>
    void navigate({ search: (before) => ({ ...before, ...change }), replace: true });
  const { filters, any } = texts;
  const field = (name: 'subject' | 'target' | 'from' | 'until', props: TextInputProps): ReactElement => (
    <TextInput
      label={filters[name]}
      value={search[name] ?? ''}
      onChange={({ currentTarget: { value } }) => set({ [name]: value || undefined })}
      {...props}
    />
  );
  return (
    <Group align="flex-end" gap="sm">
      <NativeSelect
        label={filters.action}
        value={search.action ?? ''}
        onChange={({ currentTarget: { value } }) =>
          set({ action: AUDIT_ACTIONS.find((candidate) => candidate === value) })
        }
        data={[
          { value: '', label: any },
          ...AUDIT_ACTIONS.map((value) => ({ value, label: texts.actions[value] ?? value })),
        ]}
      />
      <NativeSelect
        label={filters.outcome}
        value={search.outcome ?? ''}
        onChange={({ currentTarget: { value } }) => set({ outcome: OUTCOMES.find((candidate) => candidate === value) })}
        data={[{ value: '', label: any }, ...OUTCOMES.map((value) => ({ value, label: texts.outcomes[value] }))]}
      />
      {field('subject', { placeholder: texts.subjectHint })}
      {field('target', { placeholder: texts.targetHint })}
      {field('from', { type: 'datetime-local' })}
      {field('until', { type: 'datetime-local' })}
      {Object.keys(search).length > 0 && (
        <Button variant="subtle" onClick={() => void navigate({ search: {} })}>
          {texts.clear}
        </Button>
      )}
    </Group>
  );
}

const COLORS = { success: 'green', denied: 'red', failure: 'yellow', error: 'red', unknown: 'gray' } as const;

function EventLine({ event }: { readonly event: AuditEvent }): ReactElement {
  const { at, displayName, subject, actor, sourceAddress, action, target, count, detail } = event;
  const outcome = event.outcome ?? 'unknown';
  const { message } = detail;
  const named = [target.name, target.version].filter((part) => part !== null).join(' ');
  return (
    <Table.Tr>
      <Table.Td>
        <Time at={at} />
      </Table.Td>
      <Table.Td style={{ overflowWrap: 'anywhere' }}>
        <SafeText text={displayName ?? subject ?? texts.actors[actor]} limit={200} />
        {sourceAddress !== null && <Muted size="xs">{texts.from(sourceAddress)}</Muted>}
      </Table.Td>
      <Table.Td>
        {texts.actions[action] ?? action}
        {count > 1 && <Muted size="xs">{texts.times(count)}</Muted>}
      </Table.Td>
      <Table.Td maw={320} style={{ overflowWrap: 'anywhere' }}>
        <SafeText text={named === '' ? '–' : named} limit={300} />
        {target.registry !== null && <Muted size="xs">{target.registry}</Muted>}
      </Table.Td>
      <Table.Td maw={320} style={{ overflowWrap: 'anywhere' }}>
        <Badge color={COLORS[outcome]}>{texts.outcomes[outcome]}</Badge>
        {typeof message === 'string' && (
          <Muted size="xs">
            <SafeText text={message} limit={300} />
          </Muted>
        )}
      </Table.Td>
    </Table.Tr>
  );
}
