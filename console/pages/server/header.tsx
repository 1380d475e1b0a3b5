import { Alert, Badge, Group, Stack, Text } from '@mantine/core';
import type { ReactElement } from 'react';
import { memberOf, textOf } from '../../../registry/json.ts';
import { PageTitle } from '../../parts/page-title.tsx';
import { SafeLink } from '../../parts/safe-link.tsx';
import { SafeText } from '../../parts/safe-text.tsx';
import type { ServerDocument } from './document.ts';
import { Icon } from './icon.tsx';
import type { ServerVersion } from './queries.ts';
import { texts } from './texts.ts';
import { Muted } from '../../parts/text.tsx';

export function Header({
  entry,
  document: { members },
  latest,
}: {
  readonly entry: ServerVersion;
  readonly document: ServerDocument;
  readonly latest: string;
}): ReactElement {
  const title = textOf(members['title']);
  const website = textOf(members['websiteUrl']) ?? textOf(members['website_url']);
  const repository = textOf(memberOf(members, 'repository')['url']);
  return (
    <Stack gap="xs">
      <Group gap="md" wrap="nowrap" align="flex-start">
        <Icon icons={members['icons']} name={entry.name} />
        <Stack gap={2} miw={0}>
          <PageTitle text={title ?? entry.name} />
          {title !== undefined && (
            <Muted>
              <SafeText text={entry.name} />
            </Muted>
          )}
          <Group gap="md">
            {entry.status !== 'active' && (
              <Badge color="red" variant={entry.status === 'deleted' ? 'light' : 'default'}>
                {texts.statuses[entry.status]}
              </Badge>
            )}
            {website !== undefined && <WebLink label={texts.website} url={website} />}
            {repository !== undefined && <WebLink label={texts.repository} url={repository} />}
          </Group>
        </Stack>
      </Group>
      <Notice entry={entry} />
      {!entry.isLatest && <Text size="sm">{texts.notLatest(latest)}</Text>}
    </Stack>
  );
}

function WebLink({ label, url }: { readonly label: string; readonly url: string }): ReactElement {
  return (
    <Text size="sm" span>
      {label}: <SafeLink url={url} />
    </Text>
  );
}

function Notice({ entry: { status, statusMessage } }: { readonly entry: ServerVersion }): ReactElement | null {
  if (status === 'active') return null;
  return (
    <Alert color="red" variant={status === 'deleted' ? 'light' : 'default'} title={texts[status]}>
      {statusMessage !== null && <SafeText text={statusMessage} />}
      {status === 'deleted' && <div>{texts.deletedHint}</div>}
    </Alert>
  );
}
