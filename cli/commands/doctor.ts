import { type Command, Option } from 'commander';
import { checkCopilot } from '../doctor/copilot.ts';
import { checkExportedClient, EXPORTED_CLIENTS } from '../doctor/exported-clients.ts';
import type { Finding } from '../doctor/finding.ts';
import { createProbe, type Probe } from '../doctor/probe.ts';
import { checkThv } from '../doctor/thv.ts';
import { checkVscode } from '../doctor/vscode.ts';
import { registryPath } from '../server/registry-reads.ts';
import { connectServer } from '../server/server-connection.ts';
import { addServerOptions, printAnswer, type ServerOptions } from '../server/server-options.ts';
import { CommandFailure } from '../terminal/failure.ts';

interface DoctorOptions extends ServerOptions {
  readonly registry?: string;
  readonly client: string;
}

const REGISTRY_CLIENTS: Readonly<Record<string, (probe: Probe) => Promise<Finding[]>>> = {
  vscode: checkVscode,
  copilot: checkCopilot,
  thv: checkThv,
};
const CLIENTS = [...Object.keys(REGISTRY_CLIENTS), ...Object.keys(EXPORTED_CLIENTS)];
const SIGNS = { ok: 'ok      ', warning: 'warning ', problem: 'PROBLEM ' } as const;

export function addDoctorCommand(program: Command): void {
  addServerOptions(program.command('doctor'))
    .description('Ask a running server what a client would ask, and say what would go wrong')
    .addOption(new Option('--client <client>', 'the client').choices(CLIENTS).makeOptionMandatory())
    .option('--registry <name>', 'the registry (default: the default registry)')
    .addHelpText(
      'after',
      [
        '\nExits with status 1 if there is a problem.',
        '\nExamples:',
        '  $ rollcall doctor --client vscode --server https://registry.example --registry approved',
        '  $ rollcall doctor --client claude-code --registry approved',
      ].join('\n'),
    )
    .action(async ({ registry, client, ...options }: DoctorOptions) => {
      const connection = await connectServer(options);
      // A file is always of a registry that is named.
      const isExported = Object.hasOwn(EXPORTED_CLIENTS, client);
      const probe = createProbe(connection, registryPath(registry ?? (isExported ? 'default' : undefined)));
      const findings = isExported
        ? await checkExportedClient(EXPORTED_CLIENTS[client]!, probe)
        : await REGISTRY_CLIENTS[client]!(probe);
      printAnswer(options, { client, base: probe.base, findings }, () => findings.map(findingText).join('\n'));
      const problems = findings.filter(({ severity }) => severity === 'problem').length;
      if (problems > 0) throw new CommandFailure(`${client} would not work with ${probe.base}`);
    });
}

function findingText({ severity, what, fix }: Finding): string {
  return `${SIGNS[severity]}${what}${fix === undefined ? '' : `\n        to fix it: ${fix}`}`;
}
