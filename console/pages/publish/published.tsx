/** The versions of a published server, skill, or plugin: deprecate, delete, restore. */
import { Badge, Button, Group, Stack, Table, Text, Textarea, TextInput } from '@mantine/core';
import { useQuery } from '@tanstack/react-query';
import { getRouteApi } from '@tanstack/react-router';
import { type ReactElement, useState } from 'react';
import { useChange } from '../../client/change.ts';
import type { EntryKind } from '../../../registry/entry-kind.ts';
import { server } from '../../client/server.ts';
import { ConfirmDialog } from '../../parts/confirm-dialog.tsx';
import { QueryState } from '../../parts/query-state.tsx';
import { SafeText } from '../../parts/safe-text.tsx';
import { Time } from '../../parts/time.tsx';
import { type ListedVersion, type ServerAddress, versionsQuery } from '../server/queries.ts';
import { texts } from './texts.ts';
import { WideTable } from '../../parts/wide-table.tsx';
import { Muted } from '../../parts/text.tsx';

const route = getRouteApi('/publish');

export function PublishedVersions({
  registry,
  type,
}: {
  readonly registry: string | undefined;
  readonly type: EntryKind;
}): ReactElement {
  const { name = '' } = route.useSearch();
  const navigate = route.useNavigate();
  const [written, setWritten] = useState(name);
  return (
    <Stack>
      <form
        onSubmit={(event) => {
          event.preventDefault();
          void navigate({ search: (before) => ({ ...before, name: written.trim() || undefined }) });
        }}
      >
        <Group align="flex-end">
          <TextInput
            label={texts.names[type]}
            description={texts.nameHints[type]}
            value={written}
            onChange={({ currentTarget }) => setWritten(currentTarget.value)}
            miw={280}
          />
          <Button type="submit" variant="default">
            {texts.find}
          </Button>
        </Group>
      </form>
      {name !== '' && registry !== undefined && <Versions registry={registry} entryKind={type} name={name} />}
      <Muted>{texts.undo}</Muted>
    </Stack>
  );
}

function Versions(named: ServerAddress): ReactElement {
  const versions = useQuery(versionsQuery(named));
  return (
    <QueryState query={versions}>
      {(found) => (
        <WideTable label={named.name} minWidth={520} verticalSpacing="sm" titles={Object.values(texts.columns)}>
          {found.map((version) => (
            <VersionLine key={version.version} of={named} version={version} />
          ))}
        </WideTable>
      )}
    </QueryState>
  );
}

const COLORS: Readonly<Record<string, string>> = { active: 'green', deprecated: 'yellow', deleted: 'red' };

function VersionLine({ of, version }: { readonly of: ServerAddress; readonly version: ListedVersion }): ReactElement {
  const { version: number, status, statusMessage, publishedAt, isLatest } = version;
  const [asked, setAsked] = useState<'deprecate' | 'remove'>();
  const [message, setMessage] = useState('');
  const close = (): void => setAsked(undefined);
  const key = { ...of, version: number };
  const restore = useChange({
    change: () => server.entries.setStatus.mutate({ ...key, status: 'active' }),
    done: () => texts.restored(number),
  });
  const deprecate = useChange({
    change: () =>
      server.entries.setStatus.mutate({ ...key, status: 'deprecated', statusMessage: message.trim() || undefined }),
    done: () => texts.deprecated(number),
    onDone: close,
  });
  const remove = useChange({
    change: () => server.entries.delete.mutate(key),
    done: () => texts.removed(number),
    onDone: close,
  });
  const isRemoval = asked === 'remove';
  return (
    <Table.Tr>
      <Table.Td>
        <SafeText text={number} limit={100} /> {isLatest && <Badge>{texts.latest}</Badge>}
      </Table.Td>
      <Table.Td>
        <Badge color={COLORS[status] ?? 'gray'}>{texts.statuses[status]}</Badge>
        {statusMessage !== null && (
          <Muted size="xs">
            <SafeText text={statusMessage} limit={500} />
          </Muted>
        )}
      </Table.Td>
      <Table.Td>
        <Time at={publishedAt} as="date" />
      </Table.Td>
      <Table.Td>
        <Group gap="xs" role="group" aria-label={texts.actionsOf(number)}>
          {status !== 'active' && (
            <Button size="xs" variant="default" loading={restore.isPending} onClick={() => restore.mutate(undefined)}>
              {texts.restore}
            </Button>
          )}
          {status === 'active' && (
            <Button size="xs" variant="default" onClick={() => setAsked('deprecate')}>
              {texts.deprecate}
            </Button>
          )}
          {status !== 'deleted' && (
            <Button size="xs" variant="default" onClick={() => setAsked('remove')}>
              {texts.remove}
            </Button>
          )}
        </Group>
        <ConfirmDialog
          isOpen={asked !== undefined}
          title={isRemoval ? texts.removeTitle(number) : texts.deprecateTitle(number)}
          confirm={isRemoval ? texts.removeDo : texts.deprecateDo}
          color={isRemoval ? 'red' : 'blue'}
          isPending={remove.isPending || deprecate.isPending}
          onClose={close}
          onConfirm={() => (isRemoval ? remove : deprecate).mutate(undefined)}
        >
          <Text size="sm">{isRemoval ? texts.removeWhat : texts.deprecateWhat}</Text>
          {!isRemoval && (
            <Textarea
              label={texts.message}
              description={texts.messageHint}
              maxLength={500}
              data-autofocus
              value={message}
              onChange={({ currentTarget }) => setMessage(currentTarget.value)}
            />
          )}
        </ConfirmDialog>
      </Table.Td>
    </Table.Tr>
  );
}
