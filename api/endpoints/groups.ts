/** All endpoints of the public API. */
import { signInApi } from '../sign-in/endpoints.ts';
import { trpcApi } from '../trpc/endpoints.ts';
import type { EndpointGroup } from './endpoint.ts';
import { agentSkillsApi, contentsApi } from './contents/endpoints.ts';
import { clientExports } from './exports/endpoints.ts';
import { consoleApi } from './system/console.ts';
import { documentationOf } from './system/documentation.ts';
import { skillApi } from './skills/endpoints.ts';
import { healthApi } from './system/health.ts';
import { protectedResourceApi } from './system/protected-resource.ts';
import { registryExports } from './toolhive/export.ts';
import { extensionApi } from './toolhive/extension.ts';
import { legacyRegistryExport, legacyToolhiveApi } from './toolhive/legacy.ts';
import { registryApi } from './v0.1/endpoints.ts';
import { restAdminApi } from './v1/endpoints.ts';

const DESCRIBED: readonly EndpointGroup[] = [
  registryApi,
  skillApi,
  registryExports,
  clientExports,
  contentsApi,
  agentSkillsApi,
  extensionApi,
  healthApi,
  restAdminApi,
  legacyToolhiveApi,
  legacyRegistryExport,
  protectedResourceApi,
  trpcApi,
  signInApi,
];

export const ENDPOINT_GROUPS: readonly EndpointGroup[] = [...DESCRIBED, documentationOf(DESCRIBED), ...consoleApi];
