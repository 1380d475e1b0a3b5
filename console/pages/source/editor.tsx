/** Adding a source, and changing one that was added through the API. */
import { sourceQuery } from './state.ts';
import { Button, Group, Select, Stack, Text, TextInput } from '@mantine/core';
import { useMutation, useQuery } from '@tanstack/react-query';
import { getRouteApi, useNavigate } from '@tanstack/react-router';
import { type ReactElement, useMemo, useState } from 'react';
import { stringify } from 'yaml';
import { useChange } from '../../client/change.ts';
import { faultsOf, messageOf, server } from '../../client/server.ts';
import { hasRole, useSession } from '../../client/session.ts';
import { DocumentEditor } from '../../parts/document-editor.tsx';
import { Empty, QueryState } from '../../parts/query-state.tsx';
import { type PlacedFault, readDocument } from '../../parts/written-document.ts';
import { TrialResult } from './trial.tsx';
import { TEMPLATE_KINDS, type TemplateKind, TEMPLATES } from './templates.ts';
import { texts } from './texts.ts';
import { PageTitle } from '../../parts/page-title.tsx';
import { Muted } from '../../parts/text.tsx';
import { PageLink } from '../../parts/page-link.tsx';

export function NewSourcePage(): ReactElement {
  const [kind, setKind] = useState<TemplateKind>('git');
  const [name, setName] = useState('');
  const session = useSession();
  if (!session.mayWrite || !hasRole(session, 'manageSources')) return <Empty title={texts.notAllowed} />;
  return (
    <Stack>
      <PageLink size="sm" to="/sources">
        {texts.back}
      </PageLink>
      <PageTitle text={texts.createTitle} />
      <Group align="flex-end" grow preventGrowOverflow={false}>
        <TextInput
          label={texts.name}
          description={texts.nameHint}
          required
          value={name}
          onChange={({ currentTarget }) => setName(currentTarget.value)}
        />
        <Select
          label={texts.kind}
          data={TEMPLATE_KINDS.map((value) => ({ value, label: texts.kinds[value] }))}
          value={kind}
          allowDeselect={false}
          onChange={(value) => setKind(TEMPLATE_KINDS.find((candidate) => candidate === value) ?? kind)}
        />
      </Group>
      <Editor key={kind} name={name} initial={TEMPLATES[kind]} isNew />
    </Stack>
  );
}

const route = getRouteApi('/sources/$name/edit');

export function EditSourcePage(): ReactElement {
  const { name } = route.useParams();
  const isAllowed = hasRole(useSession(), 'manageSources');
  const source = useQuery({
    ...sourceQuery(name),
    staleTime: Infinity,
    refetchOnWindowFocus: false,
    enabled: isAllowed,
  });
  if (!isAllowed) return <Empty title={texts.notAllowed} />;
  return (
    <Stack>
      <PageLink size="sm" to="/sources/$name" params={{ name }}>
        {texts.backToSource}
      </PageLink>
      <PageTitle text={texts.editTitle(name)} />
      <QueryState query={source}>
        {({ written: { name: _name, ...written } }) => (
          <Editor name={name} initial={stringify(written)} isNew={false} />
        )}
      </QueryState>
    </Stack>
  );
}

/** The input of the server, which validates it. */
type SourceInput = Parameters<typeof server.sources.create.mutate>[0];

interface EditorProps {
  readonly name: string;
  readonly initial: string;
  readonly isNew: boolean;
}

function Editor({ name, initial, isNew }: EditorProps): ReactElement {
  const [text, setText] = useState(initial);
  /** The text that the server refused. */
  const [refusedText, setRefusedText] = useState('');
  const navigate = useNavigate();
  const document = useMemo(() => readDocument(text), [text]);
  const save = useChange({
    change: (input: SourceInput) => (isNew ? server.sources.create : server.sources.update).mutate(input),
    done: ({ isPending }) => (isPending ? texts.pending : isNew ? texts.created(name) : texts.saved(name)),
    showsErrors: true,
    onDone: () => void navigate({ to: '/sources/$name', params: { name } }),
  });
  const attempt = useMutation({ mutationFn: (input: SourceInput) => server.sources.try.mutate(input) });
  const isMapping = typeof document.value === 'object' && document.value !== null && !Array.isArray(document.value);
  const error = save.error ?? attempt.error;
  const refused = error !== null && refusedText === text ? faultsOf(error) : [];
  const faults: PlacedFault[] = [...document.faults, ...refused.map((fault) => document.place(fault))];
  if (document.faults.length === 0 && !isMapping)
    faults.push({ path: '', message: texts.notMapping, line: 1, column: 1 });
  const tryOut = (): void => {
    setRefusedText(text);
    save.reset();
    attempt.mutate({ ...(document.value as object), name });
  };
  const submit = (): void => {
    attempt.reset();
    setRefusedText(text);
    save.mutate({ ...(document.value as object), name });
  };
  return (
    <form
      onSubmit={(event) => {
        event.preventDefault();
        submit();
      }}
    >
      <Stack>
        <DocumentEditor
          label={texts.source}
          description={texts.sourceHint}
          value={text}
          onChange={setText}
          faults={faults}
        />
        {error !== null && refused.length === 0 && (
          <Text c="red" role="alert">
            {messageOf(error)}
          </Text>
        )}
        <Group>
          <Button type="submit" loading={save.isPending} disabled={name === '' || !isMapping}>
            {isNew ? texts.add : texts.save}
          </Button>
          <Button variant="default" loading={attempt.isPending} disabled={name === '' || !isMapping} onClick={tryOut}>
            {texts.tryOut}
          </Button>
        </Group>
        <Muted>{texts.tryHint}</Muted>
        {attempt.data !== undefined && <TrialResult trial={attempt.data} />}
      </Stack>
    </form>
  );
}
