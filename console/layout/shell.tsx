/** The frame of every page: the header, the navigation, and placeholders for pages that load or fail. */
import {
  ActionIcon,
  Anchor,
  AppShell,
  Box,
  Burger,
  Group,
  Menu,
  NavLink,
  Stack,
  useMantineColorScheme,
} from '@mantine/core';
import { useDisclosure } from '@mantine/hooks';
import { IconDeviceDesktop, IconMoon, IconSun } from '@tabler/icons-react';
import { useQueryErrorResetBoundary } from '@tanstack/react-query';
import { type ErrorComponentProps, Link, Outlet, useRouter } from '@tanstack/react-router';
import { type ReactElement, Suspense } from 'react';
import { serverUrl } from '../client/server.ts';
import { useSession } from '../client/session.ts';
import { PageTitle } from '../parts/page-title.tsx';
import { Failure, Loading } from '../parts/query-state.tsx';
import { AccountMenu, SessionNotice } from './account.tsx';
import { NAVIGATION } from './navigation.ts';
import classes from './shell.module.css';
import { texts } from './texts.ts';
import { Muted } from '../parts/text.tsx';
import { PageButton } from '../parts/page-link.tsx';

export function Shell(): ReactElement {
  const [isOpen, { toggle, close }] = useDisclosure(false);
  return (
    <AppShell
      header={{ height: 56 }}
      navbar={{ width: 220, breakpoint: 'sm', collapsed: { mobile: !isOpen } }}
      padding="md"
    >
      <button
        type="button"
        className={classes.skip}
        onClick={() => document.querySelector<HTMLElement>('#content')?.focus()}
      >
        {texts.skip}
      </button>
      <AppShell.Header>
        <Group h="100%" px="md" justify="space-between" wrap="nowrap">
          <Group gap="sm" wrap="nowrap">
            <Burger
              opened={isOpen}
              onClick={toggle}
              hiddenFrom="sm"
              size="sm"
              aria-label={isOpen ? texts.closeNavigation : texts.openNavigation}
            />
            <Link to="/catalog" className={classes.brand}>
              <img src="icon.svg" alt="" width={26} height={26} />
              {texts.product}
            </Link>
          </Group>
          <Group gap="xs" wrap="nowrap">
            <Suspense fallback={null}>
              <AccountMenu />
            </Suspense>
            <ColorSchemeMenu />
          </Group>
        </Group>
      </AppShell.Header>
      <AppShell.Navbar p="sm" aria-label={texts.navigation}>
        <Suspense fallback={null}>
          <Navigation onNavigate={close} />
        </Suspense>
      </AppShell.Navbar>
      <AppShell.Main id="content" tabIndex={-1}>
        <Suspense fallback={<Loading />}>
          <SessionNotice />
          <Outlet />
        </Suspense>
      </AppShell.Main>
    </AppShell>
  );
}

function Navigation({ onNavigate }: { readonly onNavigate: () => void }): ReactElement {
  const session = useSession();
  return (
    <>
      <Stack gap={2} flex={1}>
        {NAVIGATION.filter(({ isOffered }) => isOffered(session)).map(({ to, label, icon: Icon }) => (
          <NavLink
            key={to}
            renderRoot={(props) => (
              <Link to={to} activeProps={{ 'data-active': true, 'aria-current': 'page' }} {...props} />
            )}
            label={label}
            leftSection={<Icon size={18} />}
            onClick={onNavigate}
          />
        ))}
      </Stack>
      <Stack gap={4}>
        <Anchor href={serverUrl('docs').href} size="sm">
          {texts.apiDescription}
        </Anchor>
        <Muted>{texts.version(session.version)}</Muted>
      </Stack>
    </>
  );
}

const SCHEMES = { auto: IconDeviceDesktop, light: IconSun, dark: IconMoon } as const;

function ColorSchemeMenu(): ReactElement {
  const { colorScheme, setColorScheme } = useMantineColorScheme();
  const Current = SCHEMES[colorScheme];
  return (
    <Menu position="bottom-end">
      <Menu.Target>
        <ActionIcon variant="default" size="lg" aria-label={texts.colorScheme}>
          <Current size={18} />
        </ActionIcon>
      </Menu.Target>
      <Menu.Dropdown>
        {(['auto', 'light', 'dark'] as const).map((scheme) => {
          const Icon = SCHEMES[scheme];
          return (
            <Menu.Item key={scheme} leftSection={<Icon size={16} />} onClick={() => setColorScheme(scheme)}>
              {texts.schemes[scheme]}
            </Menu.Item>
          );
        })}
      </Menu.Dropdown>
    </Menu>
  );
}

/** The page for unknown URLs. */
export function NoSuchPage(): ReactElement {
  return (
    <Stack align="flex-start">
      <PageTitle text={texts.notFound} />
      <PageButton to="/catalog">{texts.toCatalog}</PageButton>
    </Stack>
  );
}

/** The page for errors that a page doesn't handle itself. */
export function PageFailure({ error, reset }: ErrorComponentProps): ReactElement {
  const router = useRouter();
  const queries = useQueryErrorResetBoundary();
  const retry = (): void => {
    queries.reset();
    reset();
    void router.invalidate();
  };
  return (
    <Box p="md">
      <Failure error={error instanceof Error ? error : new Error(String(error))} onRetry={retry} />
    </Box>
  );
}
