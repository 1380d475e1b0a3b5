/** The entries of the main navigation, and the users who see them. */
import {
  IconCloudUpload,
  IconDatabaseImport,
  IconHistory,
  IconLayoutDashboard,
  IconList,
  IconStack2,
} from '@tabler/icons-react';
import type { FunctionComponent } from 'react';
import type { Role } from '../../registry/roles.ts';
import { hasRole, type Session } from '../client/session.ts';
import { texts } from './texts.ts';

interface NavigationEntry {
  readonly to: '/overview' | '/catalog' | '/sources' | '/registries' | '/publish' | '/audit';
  readonly label: string;
  readonly icon: FunctionComponent<{ readonly size?: number }>;
  readonly isOffered: (session: Session) => boolean;
}

const { pages } = texts;
const has =
  (role: Role) =>
  (session: Session): boolean =>
    hasRole(session, role);

export const NAVIGATION: readonly NavigationEntry[] = [
  { to: '/overview', label: pages.overview, icon: IconLayoutDashboard, isOffered: has('manageSources') },
  { to: '/catalog', label: pages.catalog, icon: IconList, isOffered: () => true },
  { to: '/sources', label: pages.sources, icon: IconDatabaseImport, isOffered: has('manageSources') },
  { to: '/registries', label: pages.registries, icon: IconStack2, isOffered: ({ kind }) => kind !== 'public' },
  {
    to: '/publish',
    label: pages.publish,
    icon: IconCloudUpload,
    isOffered: (session) => session.mayWrite && hasRole(session, 'manageEntries'),
  },
  { to: '/audit', label: pages.audit, icon: IconHistory, isOffered: has('superAdmin') },
];
