/** The entries of the main navigation, and who is offered them. */
import { IconList } from '@tabler/icons-react';
import type { FunctionComponent } from 'react';
import type { Session } from '../client/session.ts';

export interface NavigationEntry {
  readonly to: '/catalog';
  readonly label: string;
  readonly icon: FunctionComponent<{ readonly size?: number }>;
  readonly isOffered: (session: Session) => boolean;
}

export const NAVIGATION: readonly NavigationEntry[] = [
  { to: '/catalog', label: 'Catalog', icon: IconList, isOffered: () => true },
];
