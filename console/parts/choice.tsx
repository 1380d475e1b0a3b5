/** A few values next to each other, of which one is chosen. */
import { SegmentedControl, type SegmentedControlProps } from '@mantine/core';
import type { ReactElement } from 'react';

interface ChoiceProps<Value extends string> extends Pick<SegmentedControlProps<Value>, 'value' | 'onChange' | 'w'> {
  /** The name of the choice for screen readers. */
  readonly label: string;
  readonly values: readonly Value[];
  readonly names: Readonly<Record<Value, string>>;
}

export function Choice<Value extends string>({ label, values, names, ...control }: ChoiceProps<Value>): ReactElement {
  const data = values.map((value) => ({ value, label: names[value] }));
  return <SegmentedControl<Value> aria-label={label} data={data} {...control} />;
}
