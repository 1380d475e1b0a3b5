/** Arguments, environment variables, or headers, with what users have to provide. */
import { Badge, Code, Group, Stack, Text } from '@mantine/core';
import type { ReactElement } from 'react';
import { SafeText } from '../../parts/safe-text.tsx';
import type { Setting } from './document.ts';
import classes from './server.module.css';
import { texts } from './texts.ts';
import { Muted } from '../../parts/text.tsx';

const MAX_SHOWN = 100;

export function Settings({
  title,
  settings,
}: {
  readonly title: string;
  readonly settings: readonly Setting[];
}): ReactElement | null {
  if (settings.length === 0) return null;
  return (
    <div>
      <Text size="sm" fw={600} component="h4" m={0}>
        {title}
      </Text>
      <ul className={classes.settings}>
        {settings.slice(0, MAX_SHOWN).map((setting, index) => (
          // oxlint-disable-next-line react/no-array-index-key -- The settings of a document don't move.
          <li key={index}>
            <OneSetting setting={setting} />
          </li>
        ))}
      </ul>
      {settings.length > MAX_SHOWN && <Text c="dimmed">{texts.more(settings.length - MAX_SHOWN)}</Text>}
    </div>
  );
}

function OneSetting({ setting }: { readonly setting: Setting }): ReactElement {
  const { name, value, defaultValue, choices, isRequired, isSecret, description } = setting;
  return (
    <Stack gap={2}>
      <Group gap={6}>
        <Code>
          <SafeText text={value === undefined ? name : `${name} = ${value}`} limit={300} />
        </Code>
        {isSecret && (
          <Badge size="sm" color="red">
            {texts.secret}
          </Badge>
        )}
        {isRequired && <Badge size="sm">{texts.required}</Badge>}
        {defaultValue !== undefined && (
          <Muted size="xs">
            <SafeText text={texts.defaultValue(defaultValue)} limit={200} />
          </Muted>
        )}
        {choices.length > 0 && (
          <Muted size="xs">
            <SafeText text={texts.oneOf(choices.join(', '))} limit={300} />
          </Muted>
        )}
      </Group>
      {description !== undefined && (
        <Muted>
          <SafeText text={description} limit={500} />
        </Muted>
      )}
    </Stack>
  );
}
