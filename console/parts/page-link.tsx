/** Links and buttons that lead to other pages of the console. */
import { Anchor, type AnchorProps, Button, type ButtonProps } from '@mantine/core';
import { createLink } from '@tanstack/react-router';
import type { ReactElement, ReactNode } from 'react';

interface Content {
  readonly children?: ReactNode;
}

export const PageLink = createLink((props: Omit<AnchorProps, 'href'> & Content): ReactElement => <Anchor {...props} />);

export const PageButton = createLink((props: ButtonProps & Content): ReactElement => (
  <Button component="a" {...props} />
));
