/** The heading of a page, which is also the title of the window. */
import { Title } from '@mantine/core';
import type { ReactElement } from 'react';
import { visibleText } from './hidden-characters.ts';
import { SafeText } from './safe-text.tsx';
import { texts } from './texts.ts';

export function PageTitle({ text }: { readonly text: string }): ReactElement {
  return (
    <>
      <title>{texts.windowTitle(visibleText(text, 80))}</title>
      <Title order={1} size="h2" lineClamp={3}>
        <SafeText text={text} limit={200} />
      </Title>
    </>
  );
}
