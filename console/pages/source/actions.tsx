/** The actions of a user on a source: sync, force, pause, resume, edit, delete. */
import { Alert, Button, Group, Menu, Text } from '@mantine/core';
import { useDisclosure } from '@mantine/hooks';
import { IconDotsVertical, IconPlayerPause, IconPlayerPlay, IconRefresh } from '@tabler/icons-react';
import { Link, useNavigate } from '@tanstack/react-router';
import type { ReactElement } from 'react';
import { useChange } from '../../client/change.ts';
import { server } from '../../client/server.ts';
import { ConfirmDialog } from '../../parts/confirm-dialog.tsx';
import type { SourceDetail } from './state.ts';
import { texts } from './texts.ts';

export function SourceActions({ source }: { readonly source: SourceDetail }): ReactElement {
  const { name, paused, kind, origin } = source;
  const [isForcing, forcing] = useDisclosure(false);
  const [isDeleting, deleting] = useDisclosure(false);
  const sync = useChange({
    change: (force: boolean) => server.sources.sync.mutate({ name, force }),
    done: ({ number }) => texts.started(number),
    onDone: forcing.close,
  });
  const pause = useChange({ change: () => server.sources.pause.mutate({ name }), done: () => texts.paused });
  const resume = useChange({ change: () => server.sources.resume.mutate({ name }), done: () => texts.resumed });
  const isManaged = kind === 'managed';
  return (
    <Group gap="xs">
      {!isManaged && (
        <>
          <Button
            leftSection={<IconRefresh size={16} />}
            loading={sync.isPending && !isForcing}
            onClick={() => sync.mutate(false)}
          >
            {texts.syncNow}
          </Button>
          {paused ? (
            <Button
              variant="default"
              leftSection={<IconPlayerPlay size={16} />}
              loading={resume.isPending}
              onClick={() => resume.mutate(undefined)}
            >
              {texts.resume}
            </Button>
          ) : (
            <Button
              variant="default"
              leftSection={<IconPlayerPause size={16} />}
              loading={pause.isPending}
              onClick={() => pause.mutate(undefined)}
            >
              {texts.pause}
            </Button>
          )}
        </>
      )}
      {(!isManaged || origin === 'api') && (
        <Menu position="bottom-end">
          <Menu.Target>
            <Button variant="default" px="xs" aria-label={texts.more}>
              <IconDotsVertical size={16} />
            </Button>
          </Menu.Target>
          <Menu.Dropdown>
            {!isManaged && <Menu.Item onClick={forcing.open}>{texts.force}</Menu.Item>}
            {origin === 'api' && (
              <>
                <Menu.Item renderRoot={(props) => <Link to="/sources/$name/edit" params={{ name }} {...props} />}>
                  {texts.edit}
                </Menu.Item>
                <Menu.Item color="red" onClick={deleting.open}>
                  {texts.remove}
                </Menu.Item>
              </>
            )}
          </Menu.Dropdown>
        </Menu>
      )}
      <ConfirmDialog
        isOpen={isForcing}
        title={texts.forceTitle}
        confirm={texts.forceDo}
        isPending={sync.isPending}
        onClose={forcing.close}
        onConfirm={() => sync.mutate(true)}
      >
        <Text size="sm">{texts.forceWhat}</Text>
        <Alert color="yellow">{texts.forceWhen}</Alert>
      </ConfirmDialog>
      <DeleteSource source={source} isOpen={isDeleting} onClose={deleting.close} />
    </Group>
  );
}

interface DeleteSourceProps {
  readonly source: SourceDetail;
  readonly isOpen: boolean;
  readonly onClose: () => void;
}

function DeleteSource({ source: { name, entryCount }, isOpen, onClose }: DeleteSourceProps): ReactElement {
  const navigate = useNavigate();
  const remove = useChange({
    change: () => server.sources.delete.mutate({ name }),
    done: ({ isPending }) => (isPending ? texts.removalPending : texts.removed),
    onDone: () => void navigate({ to: '/sources' }),
  });
  return (
    <ConfirmDialog
      isOpen={isOpen}
      title={texts.deleteTitle(name)}
      confirm={texts.deleteDo}
      isPending={remove.isPending}
      onClose={onClose}
      onConfirm={() => remove.mutate(undefined)}
    >
      <Text size="sm">{texts.deleteWhat(entryCount)}</Text>
    </ConfirmDialog>
  );
}
