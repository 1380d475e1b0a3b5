/** A text in a fixed-width font that can be copied. */
import { ActionIcon, CopyButton, ScrollArea, Tooltip } from '@mantine/core';
import { IconCheck, IconCopy } from '@tabler/icons-react';
import type { ReactElement } from 'react';
import classes from './code-block.module.css';
import { SafeText } from './safe-text.tsx';
import { texts } from './texts.ts';

/** Characters that are shown. All of them are copied. */
const SHOWN_CHARACTERS = 200_000;

/** @param label says what the text is, for screen readers. */
export function CodeBlock({ text, label }: { readonly text: string; readonly label: string }): ReactElement {
  return (
    <div className={classes.block}>
      <ScrollArea.Autosize mah="70vh" viewportProps={{ tabIndex: 0, role: 'region', 'aria-label': label }} type="auto">
        <pre className={classes.text}>
          <SafeText text={text} limit={SHOWN_CHARACTERS} />
        </pre>
      </ScrollArea.Autosize>
      <CopyButton value={text}>
        {({ copied, copy }) => (
          <Tooltip label={copied ? texts.copied : texts.copy} position="left">
            <ActionIcon
              className={classes.copy}
              variant="default"
              aria-label={copied ? texts.copied : texts.copyOf(label)}
              onClick={copy}
            >
              {copied ? <IconCheck size={16} /> : <IconCopy size={16} />}
            </ActionIcon>
          </Tooltip>
        )}
      </CopyButton>
    </div>
  );
}
