import { Alert, Button, Center, Stack, Text } from '@mantine/core';
import { getRouteApi } from '@tanstack/react-router';
import type { ReactElement } from 'react';
import { CONSOLE_PATH } from '../../client/server.ts';
import { hasEnded, signInUrl, useSession } from '../../client/session.ts';
import { texts } from './texts.ts';
import { PageTitle } from '../../parts/page-title.tsx';
import { Heading } from '../../parts/text.tsx';
import { PageButton } from '../../parts/page-link.tsx';

const route = getRouteApi('/sign-in');

export function SignInPage(): ReactElement {
  const session = useSession();
  const { error, return: returnTo = `${CONSOLE_PATH}/` } = route.useSearch();
  const { kind, providers, displayName, subject } = session;
  const isSignedIn = kind === 'token' && !hasEnded(session);
  return (
    <Center mih={320}>
      <Stack maw={440} w="100%">
        <PageTitle text={texts.title} />
        {error !== undefined && !isSignedIn && (
          <Alert color="red" variant="light" title={texts.failed} role="alert">
            {texts.failures[error]}
          </Alert>
        )}
        {kind === 'everybody' ? (
          <Notice title={texts.off} hint={texts.offHint} />
        ) : isSignedIn ? (
          <>
            <Text>{texts.signedIn(displayName ?? subject ?? '')}</Text>
            <PageButton to="/">{texts.goOn}</PageButton>
          </>
        ) : providers.length === 0 ? (
          <Notice title={texts.none} hint={texts.noneHint} />
        ) : (
          <>
            <Text>{texts.choose}</Text>
            {providers.map((provider) => (
              <Button key={provider} component="a" href={signInUrl(provider, returnTo)}>
                {texts.with(provider)}
              </Button>
            ))}
          </>
        )}
      </Stack>
    </Center>
  );
}

function Notice({ title, hint }: { readonly title: string; readonly hint: string }): ReactElement {
  return (
    <>
      <Heading>{title}</Heading>
      <Text c="dimmed">{hint}</Text>
    </>
  );
}
