/** Placeholders for data that is loading, empty, or could not be loaded. */
import { Alert, Button, Center, Loader, Stack, Text } from '@mantine/core';
import { IconAlertTriangle } from '@tabler/icons-react';
import type { UseInfiniteQueryResult, UseQueryResult } from '@tanstack/react-query';
import type { ReactElement, ReactNode } from 'react';
import { messageOf } from '../client/server.ts';
import { texts } from './texts.ts';
import { Heading } from './text.tsx';

export function Loading(): ReactElement {
  return (
    <Center mih={240} role="status" aria-label={texts.loading}>
      <Loader />
    </Center>
  );
}

export function Empty({ title, children }: { readonly title: string; readonly children?: ReactNode }): ReactElement {
  return (
    <Stack align="center" gap="xs" py="xl" role="status">
      <Heading>{title}</Heading>
      {children}
    </Stack>
  );
}

export function Failure({ error, onRetry }: { readonly error: Error; readonly onRetry?: () => void }): ReactElement {
  return (
    <Alert color="red" variant="light" icon={<IconAlertTriangle />} title={texts.failed} role="alert">
      <Stack align="flex-start" gap="sm">
        <Text size="sm">{messageOf(error)}</Text>
        {onRetry !== undefined && (
          <Button size="xs" variant="default" onClick={onRetry}>
            {texts.retry}
          </Button>
        )}
      </Stack>
    </Alert>
  );
}

/** Shows the result of a query, or its state. */
export function QueryState<Data>({
  query,
  children,
}: {
  readonly query: UseQueryResult<Data>;
  readonly children: (data: Data) => ReactNode;
}): ReactNode {
  if (query.data !== undefined) return children(query.data);
  if (query.isError) return <Failure error={query.error} onRetry={() => void query.refetch()} />;
  return <Loading />;
}

/** Loads the next page of a list, if there is one. */
export function MoreButton({
  query,
  label,
}: {
  readonly query: Pick<UseInfiniteQueryResult, 'hasNextPage' | 'isFetchingNextPage' | 'fetchNextPage'>;
  readonly label: string;
}): ReactNode {
  return (
    query.hasNextPage && (
      <Button variant="default" loading={query.isFetchingNextPage} onClick={() => void query.fetchNextPage()}>
        {label}
      </Button>
    )
  );
}
