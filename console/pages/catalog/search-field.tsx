import { CloseButton, TextInput } from '@mantine/core';
import { useDebouncedCallback } from '@mantine/hooks';
import { IconSearch } from '@tabler/icons-react';
import { type ReactElement, useEffect, useRef, useState } from 'react';
import classes from './catalog.module.css';
import { texts } from './texts.ts';

/** Milliseconds without a key press before the URL and the results are updated. */
const PAUSE_MS = 120;

/** A field that shows each key press at once, and reports the text when typing pauses. */
export function SearchField({
  label,
  value,
  onChange,
}: {
  readonly label: string;
  readonly value: string;
  readonly onChange: (text: string) => void;
}): ReactElement {
  const [text, setText] = useState(value);
  const reported = useRef(value);
  const report = useDebouncedCallback((typed: string) => {
    reported.current = typed;
    onChange(typed);
  }, PAUSE_MS);
  // The URL also changes with "back" and with a reset of the filters.
  useEffect(() => {
    if (value === reported.current) return;
    reported.current = value;
    setText(value);
  }, [value]);
  const type = (typed: string): void => {
    setText(typed);
    report(typed);
  };
  return (
    <TextInput
      className={classes.search}
      type="search"
      label={label}
      placeholder={texts.searchHint}
      maxLength={300}
      leftSection={<IconSearch size={16} />}
      rightSection={text !== '' && <CloseButton size="sm" aria-label={texts.clearSearch} onClick={() => type('')} />}
      value={text}
      onChange={(event) => type(event.currentTarget.value)}
    />
  );
}
