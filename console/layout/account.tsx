/** The account of the user: a menu in the header, and a notice when the session has ended. */
import { Alert, Button, Menu, Text } from '@mantine/core';
import { IconUser } from '@tabler/icons-react';
import type { ReactElement } from 'react';
import { hasEnded, signInUrl, signOut, useSession } from '../client/session.ts';
import classes from './shell.module.css';
import { texts } from './texts.ts';

export function AccountMenu(): ReactElement | null {
  const session = useSession();
  const { kind, providers, displayName, subject, roles, mayWrite } = session;
  if (kind === 'everybody') return null;
  if (kind === 'public') {
    return providers.length === 0 ? null : (
      <Button size="sm" component="a" href={signInUrl()}>
        {texts.signIn}
      </Button>
    );
  }
  const name = displayName ?? subject ?? texts.unnamed;
  return (
    <Menu position="bottom-end">
      <Menu.Target>
        <Button variant="default" size="sm" maw={180} px="sm" aria-label={texts.account(name)}>
          <IconUser size={18} className={classes.icon} />
          <Text span size="sm" ml="xs" truncate visibleFrom="sm">
            {name}
          </Text>
        </Button>
      </Menu.Target>
      <Menu.Dropdown maw={280}>
        <Menu.Label>{texts.roles}</Menu.Label>
        <Text size="sm" px="sm">
          {roles.length === 0 ? texts.noRoles : roles.join(', ')}
        </Text>
        {!mayWrite && (
          <Text size="xs" c="dimmed" px="sm" pb="xs">
            {texts.readOnly}
          </Text>
        )}
        <Menu.Divider />
        <Menu.Item onClick={() => void signOut()}>{texts.signOut}</Menu.Item>
      </Menu.Dropdown>
    </Menu>
  );
}

/** The page stays as it is, so that the user's input isn't lost. */
export function SessionNotice(): ReactElement | null {
  const session = useSession();
  if (!hasEnded(session)) return null;
  return (
    <Alert color="yellow" title={texts.sessionEnded} role="alert" mb="md">
      <Text size="sm" mb="xs">
        {texts.sessionEndedHint}
      </Text>
      <Button size="xs" component="a" href={signInUrl()}>
        {texts.signInAgain}
      </Button>
    </Alert>
  );
}
