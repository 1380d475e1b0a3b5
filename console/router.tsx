/** The routes of the console. The catalog, where most visits begin, is loaded at once; other pages when they are first shown. */
import { createRootRoute, createRoute, createRouter, lazyRouteComponent, redirect } from '@tanstack/react-router';
import { CONSOLE_PATH, queryClient } from './client/server.ts';
import { sessionQuery } from './client/session.ts';
import { NoSuchPage, PageFailure, Shell } from './layout/shell.tsx';
import { auditSearch } from './pages/audit/search.ts';
import { CatalogPage } from './pages/catalog/page.tsx';
import { startCatalog } from './pages/catalog/queries.ts';
import { catalogSearch } from './pages/catalog/search.ts';
import { publishSearch } from './pages/publish/search.ts';
import { viewAsSearch } from './pages/registries/search.ts';
import { serverSearch } from './pages/server/search.ts';
import { signInSearch } from './pages/sign-in/search.ts';
import { runSearch, sourcesSearch } from './pages/source/search.ts';

const root = createRootRoute({
  component: Shell,
  notFoundComponent: NoSuchPage,
  errorComponent: PageFailure,
  // The frame is drawn while the session is loaded.
  loader: () => void queryClient.prefetchQuery(sessionQuery),
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
  component: CatalogPage,
  loader: ({ location }) => startCatalog(catalogSearch(location.search)),
});

const overview = createRoute({
  getParentRoute: () => root,
  path: '/overview',
  component: lazyRouteComponent(() => import('./pages/overview/page.tsx'), 'OverviewPage'),
});

const sources = createRoute({
  getParentRoute: () => root,
  path: '/sources',
  validateSearch: sourcesSearch,
  component: lazyRouteComponent(() => import('./pages/source/page.tsx'), 'SourcesPage'),
});

const newSource = createRoute({
  getParentRoute: () => root,
  path: '/sources/new',
  component: lazyRouteComponent(() => import('./pages/source/editor.tsx'), 'NewSourcePage'),
});

const source = createRoute({
  getParentRoute: () => root,
  path: '/sources/$name',
  component: lazyRouteComponent(() => import('./pages/source/detail.tsx'), 'SourcePage'),
});

const editSource = createRoute({
  getParentRoute: () => root,
  path: '/sources/$name/edit',
  component: lazyRouteComponent(() => import('./pages/source/editor.tsx'), 'EditSourcePage'),
});

const run = createRoute({
  getParentRoute: () => root,
  path: '/sources/$name/syncs/$number',
  validateSearch: runSearch,
  component: lazyRouteComponent(() => import('./pages/source/run.tsx'), 'RunPage'),
});

const registries = createRoute({
  getParentRoute: () => root,
  path: '/registries',
  component: lazyRouteComponent(() => import('./pages/registries/page.tsx'), 'RegistriesPage'),
});

const viewAs = createRoute({
  getParentRoute: () => root,
  path: '/registries/$name/view-as',
  validateSearch: viewAsSearch,
  component: lazyRouteComponent(() => import('./pages/registries/view-as.tsx'), 'ViewAsPage'),
});

const publish = createRoute({
  getParentRoute: () => root,
  path: '/publish',
  validateSearch: publishSearch,
  component: lazyRouteComponent(() => import('./pages/publish/page.tsx'), 'PublishPage'),
});

const audit = createRoute({
  getParentRoute: () => root,
  path: '/audit',
  validateSearch: auditSearch,
  component: lazyRouteComponent(() => import('./pages/audit/page.tsx'), 'AuditPage'),
});

const signIn = createRoute({
  getParentRoute: () => root,
  path: '/sign-in',
  validateSearch: signInSearch,
  component: lazyRouteComponent(() => import('./pages/sign-in/page.tsx'), 'SignInPage'),
});

/** The name is the rest of the path, because it has a slash in it. */
const serverRoute = createRoute({
  getParentRoute: () => root,
  path: '/catalog/$registry/$',
  validateSearch: serverSearch,
  component: lazyRouteComponent(() => import('./pages/server/page.tsx'), 'ServerPage'),
});

export const router = createRouter({
  routeTree: root.addChildren([
    start,
    catalog,
    serverRoute,
    overview,
    sources,
    newSource,
    source,
    editSource,
    run,
    registries,
    viewAs,
    publish,
    audit,
    signIn,
  ]),
  basepath: CONSOLE_PATH,
  defaultErrorComponent: PageFailure,
  defaultPreload: 'intent',
  scrollRestoration: true,
});

declare module '@tanstack/react-router' {
  interface Register {
    router: typeof router;
  }
}
