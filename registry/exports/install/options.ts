/**
 * The ways in which a user can install one server: a link or a command for each client, or the reason why there is
 * none.
 */
import { commandOptions } from './commands.ts';
import { linkOptions } from './links.ts';
import { INSTALL_CLIENTS, type InstallOption, type NoInstallOption } from './way.ts';
import type { ServerForm } from '../form/server-form.ts';

/** All ways to install the server, grouped by client. */
export function installOptions(form: ServerForm): readonly (InstallOption | NoInstallOption)[] {
  const options = [...linkOptions(form), ...commandOptions(form)];
  return INSTALL_CLIENTS.flatMap((client) => options.filter((option) => option.client === client));
}
