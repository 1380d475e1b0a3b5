import { Button, FileButton, Group, Select, Stack, Tabs, Text } from '@mantine/core';
import { notifications } from '@mantine/notifications';
import { useQuery } from '@tanstack/react-query';
import { getRouteApi } from '@tanstack/react-router';
import { type ReactElement, useDeferredValue, useMemo, useState } from 'react';
import { useChange } from '../../client/change.ts';
import { faultsOf, messageOf, server } from '../../client/server.ts';
import { hasRole, useSession } from '../../client/session.ts';
import { DocumentEditor } from '../../parts/document-editor.tsx';
import { Empty, QueryState } from '../../parts/query-state.tsx';
import { readDocument } from '../../parts/written-document.ts';
import { ENTRY_KINDS, type EntryKind } from '../../../registry/entry-kind.ts';
import { faultsOfDocument } from './checked-document.ts';
import { PublishedVersions } from './published.tsx';
import { texts } from './texts.ts';
import { PageTitle } from '../../parts/page-title.tsx';
import { Muted } from '../../parts/text.tsx';
import { Choice } from '../../parts/choice.tsx';
import type { PublishSearch } from './search.ts';

const route = getRouteApi('/publish');

const MAX_FILE_BYTES = 1024 * 1024;

export function PublishPage(): ReactElement {
  const session = useSession();
  const { tab, registry: chosen, type = 'server' } = route.useSearch();
  const navigate = route.useNavigate();
  const change = (changed: PublishSearch): void =>
    void navigate({ search: (before) => ({ ...before, ...changed }), replace: true });
  const isAllowed = session.mayWrite && hasRole(session, 'manageEntries');
  const registries = useQuery({
    queryKey: ['registries', 'list'],
    queryFn: ({ signal }) => server.registries.list.query(undefined, { signal }),
    enabled: isAllowed,
  });
  if (!isAllowed) return <Empty title={texts.notAllowed} />;
  return (
    <Stack>
      <PageTitle text={texts.title} />
      <QueryState query={registries}>
        {(found) => {
          const registry = chosen ?? (found.find(({ isDefault }) => isDefault) ?? found[0])?.name;
          return (
            <>
              <Select
                label={texts.registry}
                description={texts.registryHint}
                maw={400}
                data={found.map(({ name }) => name)}
                value={registry ?? null}
                allowDeselect={false}
                onChange={(name) => change({ registry: name ?? undefined })}
              />
              <div>
                <Choice
                  label={texts.type}
                  values={ENTRY_KINDS}
                  names={texts.types}
                  value={type}
                  onChange={(kind) => change({ type: kind === 'server' ? undefined : kind, name: undefined })}
                />
              </div>
              <Tabs
                value={tab ?? 'publish'}
                keepMounted={false}
                onChange={(value) => change({ tab: value === 'manage' ? value : undefined })}
              >
                <Tabs.List>
                  <Tabs.Tab value="publish">{texts.tabs.publish}</Tabs.Tab>
                  <Tabs.Tab value="manage">{texts.tabs.manage}</Tabs.Tab>
                </Tabs.List>
                <Tabs.Panel value="publish" pt="md">
                  <PublishVersion key={type} registry={registry} type={type} />
                </Tabs.Panel>
                <Tabs.Panel value="manage" pt="md">
                  <PublishedVersions key={type} registry={registry} type={type} />
                </Tabs.Panel>
              </Tabs>
            </>
          );
        }}
      </QueryState>
    </Stack>
  );
}

function PublishVersion({
  registry,
  type,
}: {
  readonly registry: string | undefined;
  readonly type: EntryKind;
}): ReactElement {
  const [text, setText] = useState('');
  /** The text that the server refused. */
  const [refusedText, setRefusedText] = useState('');
  const navigate = route.useNavigate();
  const deferred = useDeferredValue(text);
  const faults = useMemo(() => faultsOfDocument(type, deferred), [type, deferred]);
  const publish = useChange({
    change: (document: string) => server.entries.publish.mutate({ document, entryKind: type, registry }),
    done: ({ name, version }) => texts.published(name, version),
    showsErrors: true,
    onDone: ({ name }) => void navigate({ search: (before) => ({ ...before, tab: 'manage', name }) }),
  });
  const isRefused = publish.error !== null && refusedText === text;
  const refused = useMemo(() => {
    if (!isRefused || publish.error === null) return [];
    const { place } = readDocument(text);
    return faultsOf(publish.error).map(place);
  }, [isRefused, publish.error, text]);
  const open = (file: File | null): void => {
    if (file === null) return;
    if (file.size > MAX_FILE_BYTES) notifications.show({ message: texts.tooLarge, color: 'red' });
    else void file.text().then(setText);
  };
  const isEmpty = text.trim() === '';
  return (
    <Stack>
      <Group>
        <FileButton accept="application/json,.json" onChange={open}>
          {(props) => (
            <Button variant="default" {...props}>
              {texts.open}
            </Button>
          )}
        </FileButton>
      </Group>
      <DocumentEditor
        label={texts.documents[type]}
        description={texts.documentHint}
        value={text}
        onChange={setText}
        faults={faults.length > 0 ? faults : refused}
      />
      {!isEmpty && faults.length === 0 && refused.length === 0 && <Text c="green">{texts.valid[type]}</Text>}
      {isRefused && publish.error !== null && refused.length === 0 && (
        <Text c="red" role="alert">
          {messageOf(publish.error)}
        </Text>
      )}
      <Group>
        <Button
          loading={publish.isPending}
          disabled={isEmpty || faults.length > 0}
          onClick={() => {
            setRefusedText(text);
            publish.mutate(text);
          }}
        >
          {texts.publish}
        </Button>
      </Group>
      <Muted>{texts.undo}</Muted>
    </Stack>
  );
}
