/** The addresses of the console. Each page is loaded when it is first shown. */
import { createRootRoute, createRoute, createRouter, lazyRouteComponent, redirect } from '@tanstack/react-router';
import { CONSOLE_PATH, queryClient } from './client/server.ts';
import { sessionQuery } from './client/session.ts';
import { NoSuchPage, PageFailure, Shell } from './layout/shell.tsx';
import { catalogSearch } from './pages/catalog/search.ts';

const root = createRootRoute({
  component: Shell,
  notFoundComponent: NoSuchPage,
  errorComponent: PageFailure,
  loader: () => queryClient.ensureQueryData(sessionQuery),
});

const start = createRoute({
  getParentRoute: () => root,
  path: '/',
  beforeLoad: () => {
    throw redirect({ to: '/catalog' });
  },
});

const catalog = createRoute({
  getParentRoute: () => root,
  path: '/catalog',
  validateSearch: catalogSearch,
  component: lazyRouteComponent(() => import('./pages/catalog/page.tsx'), 'CatalogPage'),
});

export const router = createRouter({
  routeTree: root.addChildren([start, catalog]),
  basepath: CONSOLE_PATH,
  defaultPreload: 'intent',
  scrollRestoration: true,
});

declare module '@tanstack/react-router' {
  interface Register {
    router: typeof router;
  }
}
