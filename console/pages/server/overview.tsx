/** The description of a version, its packages and remotes, and where it came from. */
import { Group, Stack, Text, Title } from '@mantine/core';
import type { ReactElement } from 'react';
import { type JsonObject, memberOf, textOf } from '../../../registry/json.ts';
import { SafeText } from '../../parts/safe-text.tsx';
import { type ServerDocument, settingsOf, variablesOf } from './document.ts';
import type { ServerVersion } from './queries.ts';
import classes from './server.module.css';
import { Description, Facts, Parts, TextFact } from './parts.tsx';
import { Settings } from './settings.tsx';
import { texts } from './texts.ts';

export function Overview({
  entry,
  document: { members, packages, remotes },
}: {
  readonly entry: ServerVersion;
  readonly document: ServerDocument;
}): ReactElement {
  return (
    <Stack gap="lg">
      <Description members={members} />
      {packages.length + remotes.length === 0 && <Text>{texts.nothing}</Text>}
      <Group align="flex-start" gap="lg" grow preventGrowOverflow={false}>
        <Facts entry={entry} />
      </Group>
      {packages.length > 0 && (
        <Parts title={texts.packages} parts={packages} show={(part) => <Package part={part} />} />
      )}
      {remotes.length > 0 && <Parts title={texts.remotes} parts={remotes} show={(part) => <Remote part={part} />} />}
    </Stack>
  );
}

function Package({ part }: { readonly part: JsonObject }): ReactElement {
  const transport = memberOf(part, 'transport');
  return (
    <Stack gap="sm">
      <Title order={3} size="h5">
        <SafeText
          text={`${textOf(part['registryType']) ?? ''} ${textOf(part['identifier']) ?? ''}`.trim()}
          limit={300}
        />
      </Title>
      <dl className={classes.facts}>
        <TextFact name={texts.version} value={part['version']} />
        <TextFact name={texts.runtime} value={part['runtimeHint']} />
        <TextFact name={texts.transport} value={[transport['type'], transport['url']].filter(Boolean).join(' ')} />
        <TextFact name={texts.packageRegistry} value={part['registryBaseUrl']} />
        <TextFact name={texts.sha256} value={part['fileSha256']} />
      </dl>
      <Settings title={texts.runtimeArguments} settings={settingsOf(part['runtimeArguments'])} />
      <Settings title={texts.packageArguments} settings={settingsOf(part['packageArguments'])} />
      <Settings title={texts.environment} settings={settingsOf(part['environmentVariables'])} />
      <Settings title={texts.headers} settings={settingsOf(transport['headers'])} />
    </Stack>
  );
}

function Remote({ part }: { readonly part: JsonObject }): ReactElement {
  return (
    <Stack gap="sm">
      <Title order={3} size="h5">
        <SafeText text={textOf(part['url']) ?? ''} limit={500} />
      </Title>
      <dl className={classes.facts}>
        <TextFact name={texts.transport} value={part['type']} />
      </dl>
      <Settings title={texts.headers} settings={settingsOf(part['headers'])} />
      <Settings title={texts.variables} settings={variablesOf(part)} />
    </Stack>
  );
}
