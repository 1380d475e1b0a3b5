/** A skill or plugin: its requirements, packages, and expected signer. */
import { Badge, Code, Group, Stack, Text, Title } from '@mantine/core';
import type { ReactElement } from 'react';
import { type JsonObject, memberOf, textOf, textsOf } from '../../../registry/json.ts';
import { SafeLink } from '../../parts/safe-link.tsx';
import { SafeText } from '../../parts/safe-text.tsx';
import type { ServerDocument } from './document.ts';
import { Description, Fact, Facts, Parts, TextFact } from './parts.tsx';
import type { ServerVersion } from './queries.ts';
import classes from './server.module.css';
import { texts as allTexts } from './texts.ts';
import { Heading } from '../../parts/text.tsx';

const texts = allTexts.skill;

export function SkillOverview({
  entry,
  document: { members, packages },
}: {
  readonly entry: ServerVersion;
  readonly document: ServerDocument;
}): ReactElement {
  const metadata = memberOf(members, 'metadata');
  return (
    <Stack gap="lg">
      <Description members={members} />
      <dl className={classes.facts}>
        <TextFact name={texts.license} value={members['license']} />
        <TextFact name={texts.compatibility} value={members['compatibility']} />
        <AllowedTools tools={textsOf(members['allowedTools'])} />
      </dl>
      <Facts entry={entry} />
      {packages.length === 0 ? (
        <Text>{texts.noPackages}</Text>
      ) : (
        <Parts title={allTexts.packages} parts={packages} show={(part) => <Package part={part} />} />
      )}
      <StoredFiles reading={entry.reading} />
      <Signer provenance={memberOf(members, 'provenance')} verification={entry.reading?.verification ?? null} />
      {Object.keys(metadata).length > 0 && (
        <section>
          <Title order={2} size="h4" mb="xs">
            {texts.metadata}
          </Title>
          <dl className={classes.facts}>
            {Object.entries(metadata).map(([name, value]) => (
              <TextFact key={name} name={name} value={typeof value === 'string' ? value : JSON.stringify(value)} />
            ))}
          </dl>
        </section>
      )}
    </Stack>
  );
}

function AllowedTools({ tools }: { readonly tools: readonly string[] }): ReactElement | null {
  if (tools.length === 0) return null;
  return (
    <Fact name={texts.allowedTools}>
      <Group gap={4}>
        {tools.map((tool) => (
          <Badge key={tool} variant="default">
            <SafeText text={tool} limit={100} />
          </Badge>
        ))}
      </Group>
    </Fact>
  );
}

function Package({ part }: { readonly part: JsonObject }): ReactElement {
  const url = textOf(part['url']);
  const title = [textOf(part['registryType']), textOf(part['identifier'])].filter(Boolean).join(' ');
  return (
    <Stack gap="sm">
      <Title order={3} size="h5">
        <SafeText text={title} limit={300} />
      </Title>
      <dl className={classes.facts}>
        {url !== undefined && (
          <Fact name={allTexts.repository}>
            <SafeLink url={url} />
          </Fact>
        )}
        <TextFact name={texts.ref} value={part['ref']} />
        <TextFact name={texts.commit} value={part['commit']} />
        <TextFact name={texts.subfolder} value={part['subfolder']} />
        <TextFact name={texts.digest} value={part['digest']} />
        <TextFact name={texts.mediaType} value={part['mediaType']} />
      </dl>
    </Stack>
  );
}

/** The package that the registry's files come from, or the reason why it has none. */
function StoredFiles({ reading }: Pick<ServerVersion, 'reading'>): ReactElement | null {
  if (reading === null || (reading.package === null && reading.fault === null)) return null;
  return (
    <section>
      <Title order={2} size="h4" mb="xs">
        {texts.storedFiles}
      </Title>
      <dl className={classes.facts}>
        <TextFact name={texts.storedFrom} value={reading.package} />
        <TextFact name={texts.notStored} value={reading.fault} />
      </dl>
    </section>
  );
}

const COLORS = { verified: 'green', unverified: 'gray', failed: 'red' } as const;

/** The signature that the publisher declares, and the result of its verification. */
function Signer({
  provenance,
  verification,
}: {
  readonly provenance: JsonObject;
  readonly verification: NonNullable<ServerVersion['reading']>['verification'];
}): ReactElement | null {
  if (Object.keys(provenance).length === 0) return null;
  const names = Object.keys(texts.signerFacts) as (keyof typeof texts.signerFacts)[];
  return (
    <section>
      <Heading>{texts.signer}</Heading>
      <Text size="sm" c="dimmed" mb="xs">
        {texts.signerHint}
      </Text>
      {verification !== null && (
        <Group gap="xs" mb="xs">
          <Badge color={COLORS[verification.result]}>{texts.results[verification.result]}</Badge>
          <Text size="sm">
            <SafeText text={verification.reason ?? verification.identity ?? ''} limit={500} />
          </Text>
        </Group>
      )}
      <dl className={classes.facts}>
        {names.map((name) => (
          <TextFact key={name} name={texts.signerFacts[name]} value={provenance[name]} />
        ))}
        {provenance['attestation'] !== undefined && (
          <Fact name={texts.attestation}>
            <Code>
              <SafeText text={textOf(memberOf(provenance, 'attestation')['predicate_type']) ?? '*'} limit={300} />
            </Code>
          </Fact>
        )}
      </dl>
    </section>
  );
}
