import { Badge, Button, Card, Code, Group, List, Modal, SimpleGrid, Stack, Text, Title } from '@mantine/core';
import { useDisclosure } from '@mantine/hooks';
import { IconPlus } from '@tabler/icons-react';
import { useQuery } from '@tanstack/react-query';
import { type ReactElement, useState } from 'react';
import { useChange } from '../../client/change.ts';
import { server } from '../../client/server.ts';
import { hasRole, useSession } from '../../client/session.ts';
import { ConfirmDialog } from '../../parts/confirm-dialog.tsx';
import { Empty, QueryState } from '../../parts/query-state.tsx';
import { RegistryForm } from './form.tsx';
import { texts } from './texts.ts';
import { PageTitle } from '../../parts/page-title.tsx';
import { Muted } from '../../parts/text.tsx';
import { PageButton, PageLink } from '../../parts/page-link.tsx';

export type Registry = Awaited<ReturnType<typeof server.registries.list.query>>[number];

export function RegistriesPage(): ReactElement {
  const session = useSession();
  const [isCreating, creating] = useDisclosure(false);
  const registries = useQuery({
    queryKey: ['registries', 'list'],
    queryFn: ({ signal }) => server.registries.list.query(undefined, { signal }),
    enabled: session.kind !== 'public',
  });
  if (session.kind === 'public') return <Empty title={texts.notSignedIn} />;
  const isManager = session.mayWrite && hasRole(session, 'manageRegistries');
  return (
    <Stack>
      <Group justify="space-between">
        <PageTitle text={texts.title} />
        {isManager && (
          <Button leftSection={<IconPlus size={16} />} onClick={creating.open}>
            {texts.create}
          </Button>
        )}
      </Group>
      <Text c="dimmed">{texts.intro}</Text>
      <QueryState query={registries}>
        {(found) =>
          found.length === 0 ? (
            <Empty title={texts.none} />
          ) : (
            <SimpleGrid cols={{ base: 1, lg: 2 }}>
              {found.map((registry) => (
                <RegistryCard key={registry.name} registry={registry} isManager={isManager} />
              ))}
            </SimpleGrid>
          )
        }
      </QueryState>
      <Modal opened={isCreating} onClose={creating.close} title={texts.create}>
        <RegistryForm onDone={creating.close} />
      </Modal>
    </Stack>
  );
}

function RegistryCard({
  registry,
  isManager,
}: {
  readonly registry: Registry;
  readonly isManager: boolean;
}): ReactElement {
  const session = useSession();
  const { name, isDefault, access, sources, origin } = registry;
  return (
    <Card withBorder component="section" aria-label={name}>
      <Stack gap="sm">
        <Group gap="xs">
          <Title order={2} size="h3" style={{ overflowWrap: 'anywhere' }}>
            {name}
          </Title>
          {isDefault && <Badge>{texts.isDefault}</Badge>}
          {/* Without authentication, `access` has no effect. */}
          {session.kind !== 'everybody' && (
            <Badge color={access === 'public' ? 'green' : 'gray'}>{texts.access[access]}</Badge>
          )}
        </Group>
        <div>
          <Muted>{texts.order}</Muted>
          {sources.length === 0 ? (
            <Text>{texts.noSources}</Text>
          ) : (
            <List type="ordered" size="sm">
              {sources.map((source) => (
                <List.Item key={source}>
                  {hasRole(session, 'manageSources') ? (
                    <PageLink to="/sources/$name" params={{ name: source }}>
                      {source}
                    </PageLink>
                  ) : (
                    source
                  )}
                </List.Item>
              ))}
            </List>
          )}
        </div>
        <div>
          <Muted>{texts.readers}</Muted>
          <Readers registry={registry} />
        </div>
        <Muted>
          {texts.defined}: {texts.definedBy[origin]}
        </Muted>
        <Group gap="xs">
          <PageButton size="xs" variant="default" to="/catalog" search={{ registry: name }}>
            {texts.openCatalog}
          </PageButton>
          {session.kind === 'token' && hasRole(session, 'superAdmin') && (
            <PageButton size="xs" variant="default" to="/registries/$name/view-as" params={{ name }}>
              {texts.viewAs}
            </PageButton>
          )}
          {isManager && origin === 'api' && <Manage registry={registry} />}
        </Group>
      </Stack>
    </Card>
  );
}

function Readers({ registry: { access, claims, isImplicit } }: { readonly registry: Registry }): ReactElement {
  const session = useSession();
  if (access === 'public' || session.kind === 'everybody') return <Text>{texts.everyone}</Text>;
  if (claims !== null) {
    return (
      <Text style={{ overflowWrap: 'anywhere' }}>
        {texts.holders}: <Code>{JSON.stringify(claims)}</Code>
      </Text>
    );
  }
  return <Text>{isImplicit ? texts.everyCaller : texts.superAdmins}</Text>;
}

function Manage({ registry }: { readonly registry: Registry }): ReactElement {
  const [opened, setOpened] = useState<'edit' | 'delete'>();
  const close = (): void => setOpened(undefined);
  const { name } = registry;
  const remove = useChange({
    change: () => server.registries.delete.mutate({ name }),
    done: () => texts.removed(name),
    onDone: close,
  });
  return (
    <>
      <Button size="xs" variant="default" onClick={() => setOpened('edit')}>
        {texts.edit}
      </Button>
      <Button size="xs" variant="default" onClick={() => setOpened('delete')}>
        {texts.remove}
      </Button>
      <Modal opened={opened === 'edit'} onClose={close} title={name}>
        <RegistryForm registry={registry} onDone={close} />
      </Modal>
      <ConfirmDialog
        isOpen={opened === 'delete'}
        title={texts.deleteTitle(name)}
        confirm={texts.deleteDo}
        isPending={remove.isPending}
        onClose={close}
        onConfirm={() => remove.mutate(undefined)}
      >
        <Text size="sm">{texts.deleteWhat}</Text>
      </ConfirmDialog>
    </>
  );
}
