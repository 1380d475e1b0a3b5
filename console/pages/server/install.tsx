/** Ways to install a version, one tab per client. Values that a user enters stay in the page. */
import { Button, Fieldset, Select, Stack, Tabs, Text, TextInput, Title } from '@mantine/core';
import { type ReactElement, useMemo, useState } from 'react';
import { inputsOfForm, withAnswers } from '../../../registry/exports/form/answers.ts';
import { serverForm, type ServerForm } from '../../../registry/exports/form/server-form.ts';
import type { Input } from '../../../registry/exports/form/template.ts';
import { type FileClient, installFiles } from '../../../registry/exports/install/files.ts';
import { installOptions } from '../../../registry/exports/install/options.ts';
import type { InstallOption, NoInstallOption } from '../../../registry/exports/install/way.ts';
import { CodeBlock } from '../../parts/code-block.tsx';
import { visibleText } from '../../parts/hidden-characters.ts';
import { SafeText } from '../../parts/safe-text.tsx';
import type { ServerVersion } from './queries.ts';
import { texts as allTexts } from './texts.ts';
import { Muted } from '../../parts/text.tsx';

const texts = allTexts.install;
const CLIENTS = Object.keys(texts.clients) as FileClient[];

export function Install({
  entry,
  client,
  onClient,
}: {
  readonly entry: ServerVersion;
  readonly client: string | undefined;
  readonly onClient: (client: string | undefined) => void;
}): ReactElement {
  const form = useMemo(() => serverForm(entry), [entry]);
  const [answers, setAnswers] = useState<Readonly<Record<string, string>>>({});
  const inputs = inputsOfForm(form);
  const filled = withAnswers(form, answers);
  if (entry.status === 'deleted') return <Text>{texts.deleted}</Text>;
  return (
    <Stack gap="md">
      {inputs.length > 0 && (
        <Fieldset legend={texts.inputs}>
          <Stack gap="sm">
            {inputs.some(({ isSecret }) => !isSecret) && <Muted>{texts.inputsHint}</Muted>}
            {inputs.map((input) => (
              <Answer
                key={input.id}
                input={input}
                value={answers[input.id] ?? ''}
                onChange={(value) => setAnswers({ ...answers, [input.id]: value })}
              />
            ))}
          </Stack>
        </Fieldset>
      )}
      <Tabs
        variant="outline"
        value={CLIENTS.find((known) => known === client) ?? 'vscode'}
        onChange={(chosen) => onClient(chosen === 'vscode' ? undefined : (chosen ?? undefined))}
        keepMounted={false}
      >
        <Tabs.List>
          {CLIENTS.map((known) => (
            <Tabs.Tab key={known} value={known}>
              {texts.clients[known]}
            </Tabs.Tab>
          ))}
        </Tabs.List>
        {CLIENTS.map((known) => (
          <Tabs.Panel key={known} value={known} pt="md">
            <Client client={known} form={filled} />
          </Tabs.Panel>
        ))}
      </Tabs>
    </Stack>
  );
}

function Answer({
  input: { id, description, isRequired, isSecret, choices },
  value,
  onChange,
}: {
  readonly input: Input;
  readonly value: string;
  readonly onChange: (value: string) => void;
}): ReactElement {
  const label = visibleText(id, 100);
  if (isSecret) {
    return (
      <div>
        <Text size="sm" fw={500}>
          {label}
        </Text>
        <Muted size="xs">
          {description !== undefined && (
            <>
              <SafeText text={description} limit={300} />{' '}
            </>
          )}
          {texts.secretHint}
        </Muted>
      </div>
    );
  }
  const common = {
    label,
    description: description && <SafeText text={description} limit={300} />,
    withAsterisk: isRequired,
  };
  if (choices.length > 0) {
    return (
      <Select
        {...common}
        data={[...new Set(choices)]}
        value={value || null}
        onChange={(to) => onChange(to ?? '')}
        clearable
      />
    );
  }
  return <TextInput {...common} value={value} onChange={(event) => onChange(event.currentTarget.value)} />;
}

function Client({ client, form }: { readonly client: FileClient; readonly form: ServerForm }): ReactElement {
  const options = installOptions(form).filter((option) => option.client === client);
  const link = best(options, 'link');
  const command = best(options, 'command');
  const file = installFiles(form).find((candidate) => candidate.client === client);
  return (
    <Stack gap="lg">
      {link !== undefined && (
        <Way title={texts.link} outcome={link}>
          {(text) => <InstallLink url={text} title={link.title} />}
        </Way>
      )}
      {command !== undefined && (
        <Way title={texts.command} outcome={command}>
          {(text) => <CodeBlock text={text} label={command.title} />}
        </Way>
      )}
      {file !== undefined && (
        <Way title={texts.file(file.path)} outcome={file}>
          {(text) => (
            <>
              <CodeBlock text={text} label={file.path} />
              <Muted>{texts.fileHint}</Muted>
            </>
          )}
        </Way>
      )}
    </Stack>
  );
}

/** The option of a kind that needs no other preparation, such as a client that already uses this registry. */
function best(
  options: readonly (InstallOption | NoInstallOption)[],
  kind: InstallOption['kind'],
): InstallOption | NoInstallOption | undefined {
  return options.filter((option) => option.kind === kind).at(-1);
}

function Way({
  title,
  outcome,
  children,
}: {
  readonly title: string;
  readonly outcome: { readonly text: string; readonly notes: readonly string[] } | { readonly reason: string };
  readonly children: (text: string) => ReactElement;
}): ReactElement {
  return (
    <Stack gap="xs" align="stretch">
      <Title order={2} size="h5">
        {title}
      </Title>
      {'reason' in outcome ? (
        <Muted>
          <SafeText text={texts.notPossible(outcome.reason)} />
        </Muted>
      ) : (
        <>
          {children(outcome.text)}
          {outcome.notes.map((note) => (
            <Text key={note} size="sm">
              <SafeText text={sentence(note)} />
            </Text>
          ))}
        </>
      )}
    </Stack>
  );
}

/** Notes of exports are parts of a report's lines. */
function sentence(note: string): string {
  const text = note.charAt(0).toUpperCase() + note.slice(1);
  return text.endsWith('.') ? text : `${text}.`;
}

/** Schemes that the links of clients have. */
const CLIENT_LINK = /^(?:vscode|cursor):/;

function InstallLink({ url, title }: { readonly url: string; readonly title: string }): ReactElement {
  if (!CLIENT_LINK.test(url)) return <CodeBlock text={url} label={title} />;
  return (
    <div>
      <Button component="a" href={url}>
        {title}
      </Button>
    </div>
  );
}
