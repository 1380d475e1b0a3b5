/** The description of a version, its packages and remotes, and where it came from. */
import { Card, Code, Group, Stack, Text, Title } from '@mantine/core';
import type { ReactElement, ReactNode } from 'react';
import type { JsonObject } from '../../../registry/json.ts';
import { memberOf, textOf } from '../../../registry/json.ts';
import { SafeText } from '../../parts/safe-text.tsx';
import { Time } from '../../parts/time.tsx';
import { type ServerDocument, settingsOf, variablesOf } from './document.ts';
import type { ServerVersion } from './queries.ts';
import classes from './server.module.css';
import { Settings } from './settings.tsx';
import { texts } from './texts.ts';

/** Packages and remotes that are shown. */
const MAX_SHOWN = 50;

export function Overview({
  entry,
  document: { packages, remotes },
}: {
  readonly entry: ServerVersion;
  readonly document: ServerDocument;
}): ReactElement {
  return (
    <Stack gap="lg">
      {entry.document !== '' && <Description entry={entry} />}
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

function Description({ entry }: { readonly entry: ServerVersion }): ReactElement {
  const description = textOf((JSON.parse(entry.document) as JsonObject)['description']) ?? '';
  return (
    <Text style={{ whiteSpace: 'pre-line' }}>
      <SafeText text={description} />
    </Text>
  );
}

function Facts({ entry }: { readonly entry: ServerVersion }): ReactElement {
  return (
    <dl className={classes.facts}>
      <Fact name={texts.published}>
        <Time at={entry.publishedAt} />
      </Fact>
      <Fact name={texts.updated}>
        <Time at={entry.updatedAt} />
      </Fact>
      <Fact name={texts.source}>
        {entry.sourceName} ({entry.sourceKind})
      </Fact>
      {entry.commitId !== null && (
        <Fact name={texts.commit}>
          <Code>{entry.commitId}</Code>
        </Fact>
      )}
      {entry.syncNumber !== null && <Fact name={texts.sync}>{entry.syncNumber}</Fact>}
    </dl>
  );
}

function Fact({ name, children }: { readonly name: string; readonly children: ReactNode }): ReactElement | null {
  if (children === undefined || children === '') return null;
  return (
    <>
      <Text component="dt" size="sm" c="dimmed">
        {name}
      </Text>
      <Text component="dd" size="sm" m={0} miw={0}>
        {children}
      </Text>
    </>
  );
}

function Parts({
  title,
  parts,
  show,
}: {
  readonly title: string;
  readonly parts: readonly JsonObject[];
  readonly show: (part: JsonObject) => ReactElement;
}): ReactElement {
  return (
    <Stack gap="sm">
      <Title order={2} size="h4">
        {title}
      </Title>
      {parts.slice(0, MAX_SHOWN).map((part, index) => (
        // oxlint-disable-next-line react/no-array-index-key -- The parts of a document don't move.
        <Card key={index} withBorder padding="sm">
          {show(part)}
        </Card>
      ))}
      {parts.length > MAX_SHOWN && <Text c="dimmed">{texts.more(parts.length - MAX_SHOWN)}</Text>}
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

function TextFact({ name, value }: { readonly name: string; readonly value: unknown }): ReactElement | null {
  const text = textOf(value);
  return text === undefined || text === '' ? null : (
    <Fact name={name}>
      <SafeText text={text} limit={500} />
    </Fact>
  );
}
