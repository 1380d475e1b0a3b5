/** A text editor that shows faults at their lines. */
import { Alert, Anchor, Box, List, Text, Textarea } from '@mantine/core';
import { type ReactElement, useRef } from 'react';
import classes from './document-editor.module.css';
import { SafeText } from './safe-text.tsx';
import { texts } from './texts.ts';
import type { PlacedFault } from './written-document.ts';

export interface DocumentEditorProps {
  readonly label: string;
  readonly description?: string;
  readonly value: string;
  readonly onChange: (value: string) => void;
  readonly faults: readonly PlacedFault[];
}

/** Pixels of one line, as the style sheet has it. */
const LINE_HEIGHT = 20;

export function DocumentEditor({ label, description, value, onChange, faults }: DocumentEditorProps): ReactElement {
  const field = useRef<HTMLTextAreaElement>(null);
  const gutter = useRef<HTMLDivElement>(null);
  const wrong = new Set(faults.map(({ line }) => line));
  const lines = value.split('\n').length;
  const goTo = ({ line, column }: PlacedFault): void => {
    const start =
      value
        .split('\n')
        .slice(0, line - 1)
        .join('\n').length +
      (line > 1 ? 1 : 0) +
      column -
      1;
    field.current?.focus();
    field.current?.setSelectionRange(start, start);
    if (field.current !== null) field.current.scrollTop = Math.max(0, (line - 4) * LINE_HEIGHT);
  };
  return (
    <Box>
      <Textarea
        ref={field}
        label={label}
        description={description}
        value={value}
        onChange={({ currentTarget }) => onChange(currentTarget.value)}
        onScroll={({ currentTarget }) => {
          if (gutter.current !== null) gutter.current.scrollTop = currentTarget.scrollTop;
        }}
        spellCheck={false}
        autoCapitalize="off"
        autoComplete="off"
        aria-invalid={faults.length > 0}
        classNames={{ input: classes.input ?? '', wrapper: classes.wrapper ?? '' }}
        leftSection={
          <div ref={gutter} className={classes.gutter} aria-hidden>
            {Array.from({ length: Math.min(lines, 5_000) }, (_, index) => (
              // oxlint-disable-next-line react/no-array-index-key -- A line is its number.
              <div key={index} data-wrong={wrong.has(index + 1) || undefined}>
                {index + 1}
              </div>
            ))}
          </div>
        }
      />
      <div aria-live="polite">
        {faults.length > 0 && (
          <Alert color="red" variant="light" title={texts.faults(faults.length)} mt="xs">
            <List size="sm" spacing={2}>
              {faults.map((fault) => (
                <List.Item key={`${fault.path} ${fault.message} ${fault.line}`}>
                  <Anchor component="button" type="button" size="sm" onClick={() => goTo(fault)}>
                    {texts.line(fault.line)}
                  </Anchor>{' '}
                  <Text span size="sm" style={{ overflowWrap: 'anywhere' }}>
                    <SafeText text={fault.path === '' ? fault.message : `${fault.path} ${fault.message}`} limit={500} />
                  </Text>
                </List.Item>
              ))}
            </List>
          </Alert>
        )}
      </div>
    </Box>
  );
}
