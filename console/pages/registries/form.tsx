/** Adding a registry, and changing one that was added through the API. */
import { Button, Group, JsonInput, Stack, Text, Textarea, TextInput } from '@mantine/core';
import { type ReactElement, useState } from 'react';
import { useChange } from '../../client/change.ts';
import { faultsOf, messageOf, server } from '../../client/server.ts';
import type { Registry } from './page.tsx';
import { texts } from './texts.ts';
import { Choice } from '../../parts/choice.tsx';

type RegistryInput = Parameters<typeof server.registries.create.mutate>[0];

export interface RegistryFormProps {
  /** The registry to change; absent for a new one. */
  readonly registry?: Registry;
  readonly onDone: () => void;
}

export function RegistryForm({ registry, onDone }: RegistryFormProps): ReactElement {
  const [name, setName] = useState(registry?.name ?? '');
  const [sources, setSources] = useState(registry?.sources.join('\n') ?? '');
  const [access, setAccess] = useState(registry?.access ?? 'protected');
  const [claims, setClaims] = useState(
    registry?.claims === null || registry === undefined ? '' : JSON.stringify(registry.claims),
  );
  const save = useChange({
    change: (input: RegistryInput) =>
      (registry === undefined ? server.registries.create : server.registries.update).mutate(input),
    done: () => texts.saved(name),
    showsErrors: true,
    onDone,
  });
  const required = parsed(claims);
  const faults = save.error === null ? [] : faultsOf(save.error);
  const faultOf = (member: string): string | undefined =>
    faults
      .filter(({ path }) => path === member || path.startsWith(`${member}[`) || path.startsWith(`${member}.`))
      .map(({ path, message }) => (path === member ? message : `${path}: ${message}`))
      .join('; ') || undefined;
  const others = faults.length === 0 && save.error !== null ? messageOf(save.error) : undefined;
  return (
    <form
      onSubmit={(event) => {
        event.preventDefault();
        save.mutate({
          name,
          sources: sources
            .split('\n')
            .map((line) => line.trim())
            .filter((line) => line !== ''),
          access,
          ...(access === 'protected' && claims.trim() !== '' && { claims: required }),
        });
      }}
    >
      <Stack>
        <TextInput
          label={texts.name}
          description={texts.nameHint}
          required
          data-autofocus
          disabled={registry !== undefined}
          value={name}
          error={faultOf('name')}
          onChange={({ currentTarget }) => setName(currentTarget.value)}
        />
        <Textarea
          label={texts.sources}
          description={texts.sourcesHint}
          required
          autosize
          minRows={3}
          value={sources}
          error={faultOf('sources')}
          onChange={({ currentTarget }) => setSources(currentTarget.value)}
        />
        <Choice
          label={texts.accessLabel}
          values={['protected', 'public']}
          names={texts.access}
          value={access}
          onChange={setAccess}
        />
        {access === 'protected' && (
          <JsonInput
            label={texts.claims}
            description={texts.claimsHint}
            validationError={texts.notClaims}
            autosize
            minRows={2}
            value={claims}
            error={faultOf('claims')}
            onChange={setClaims}
          />
        )}
        {others !== undefined && (
          <Text c="red" role="alert">
            {others}
          </Text>
        )}
        <Group justify="flex-end">
          <Button type="submit" loading={save.isPending} disabled={claims.trim() !== '' && required === undefined}>
            {texts.save}
          </Button>
        </Group>
      </Stack>
    </form>
  );
}

/** Parses JSON; undefined for text that isn't JSON. */
function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
