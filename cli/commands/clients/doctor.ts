import { type Command, Option } from 'commander';
import { checkCopilot } from '../../doctor/copilot.ts';
import { checkExportedClient, EXPORTED_CLIENTS } from '../../doctor/exported-clients.ts';
import type { Finding } from '../../doctor/finding.ts';
import { createProbe, type Probe } from '../../doctor/probe.ts';
import { checkThv } from '../../doctor/thv.ts';
import { checkVscode } from '../../doctor/vscode.ts';
import { addDataDirectoryOption, configurationOption, type DataDirectoryOption } from '../../run/configuration.ts';
import { STARTER_FILE } from '../../run/starter-configuration.ts';
import { registryPath } from '../../server/registry-reads.ts';
import { connectServer } from '../../server/server-connection.ts';
import { addServerOptions, printAnswer, type ServerOptions } from '../../server/server-options.ts';
import { countText } from '../../terminal/texts.ts';
import { CommandFailure } from '../../terminal/failure.ts';

interface DoctorOptions extends ServerOptions, DataDirectoryOption {
  readonly registry?: string;
  readonly client?: string;
  readonly config?: string;
}

const REGISTRY_CLIENTS: Readonly<Record<string, (probe: Probe) => Promise<Finding[]>>> = {
  vscode: checkVscode,
  copilot: checkCopilot,
  thv: checkThv,
};
const CLIENTS = [...Object.keys(REGISTRY_CLIENTS), ...Object.keys(EXPORTED_CLIENTS)];
const SIGNS = { ok: 'ok      ', warning: 'warning ', problem: 'PROBLEM ' } as const;

export function addDoctorCommand(program: Command): void {
  const command = addServerOptions(program.command('doctor'))
    .description('Check an installation, or the registry as a client sees it (--client), and say how to fix problems')
    .addOption(configurationOption(`the configuration file (default: ${STARTER_FILE})`))
    .addOption(new Option('--client <client>', 'send the requests of this client').choices(CLIENTS))
    .option('--registry <name>', 'with --client: the registry (default: the default registry)')
    .addHelpText(
      'after',
      [
        '\nChecks configuration, database, Temporal and workers, API, sources, outbound access, clock, disk, and versions.',
        'Run it where Rollcall runs. Exits with status 1 if there is a problem.',
        '\nExamples:',
        '  $ rollcall doctor --config rollcall.yaml',
        '  $ rollcall doctor --client vscode --server https://registry.example --registry approved',
        '  $ rollcall doctor --client claude-code --registry approved',
      ].join('\n'),
    );
  addDataDirectoryOption(command).action(async ({ client, ...options }: DoctorOptions) => {
    if (client !== undefined) return await checkClient(client, options);
    const isChosen = command.getOptionValueSource('server') !== 'default';
    return await checkEverything(options, isChosen);
  });
}

/** @param isServerChosen whether the server was chosen by an option; otherwise it is the configured one */
async function checkEverything(options: DoctorOptions, isServerChosen: boolean): Promise<void> {
  // The module is slow to load, and checks of clients don't need it.
  const { checkInstallation } = await import('../../doctor/installation/check-installation.ts');
  const { config = STARTER_FILE, server, ...rest } = options;
  const sections = await checkInstallation({ ...rest, config, ...(isServerChosen && { server }) });
  const findings = sections.flatMap((section) => section.findings);
  const count = (wanted: Finding['severity']): number => findings.filter(({ severity }) => severity === wanted).length;
  printAnswer(options, { sections }, () =>
    [
      ...sections.map((section) => [section.title, ...section.findings.map(findingText)].join('\n')),
      `${countText(count('problem'), 'problem', 'problems')}, ${countText(count('warning'), 'warning', 'warnings')}`,
    ].join('\n\n'),
  );
  if (count('problem') > 0) process.exitCode = 1;
}

async function checkClient(client: string, { registry, ...options }: DoctorOptions): Promise<void> {
  const connection = await connectServer(options);
  // Exports always name their registry.
  const isExported = Object.hasOwn(EXPORTED_CLIENTS, client);
  const asked = registry ?? (isExported ? 'default' : undefined);
  const probe = createProbe(connection, registryPath(asked));
  const findings = isExported
    ? await checkExportedClient(EXPORTED_CLIENTS[client]!, probe, `--registry ${asked} --server ${connection.server}`)
    : await REGISTRY_CLIENTS[client]!(probe);
  printAnswer(options, { client, base: probe.base, findings }, () => findings.map(findingText).join('\n'));
  const problems = findings.filter(({ severity }) => severity === 'problem').length;
  if (problems > 0) throw new CommandFailure(`${client} would not work with ${probe.base}`);
}

function findingText({ severity, what, fix }: Finding): string {
  return `${SIGNS[severity]}${what}${fix === undefined ? '' : `\n        to fix it: ${fix}`}`;
}
