/** Headings and small texts of all pages. */
import { Stack, Text, Title } from '@mantine/core';
import type { ReactElement, ReactNode } from 'react';

interface TextProps {
  readonly children: ReactNode;
}

export function Heading({ children }: TextProps): ReactElement {
  return (
    <Title order={2} size="h4">
      {children}
    </Title>
  );
}

/** A part of a page under a heading. */
export function Section({ title, children }: TextProps & { readonly title: string }): ReactElement {
  return (
    <Stack gap="xs">
      <Heading>{title}</Heading>
      {children}
    </Stack>
  );
}

/** Less important text. */
export function Muted({ size = 'sm', children }: TextProps & { readonly size?: 'xs' | 'sm' }): ReactElement {
  return (
    <Text size={size} c="dimmed">
      {children}
    </Text>
  );
}
