import { spawn } from 'node:child_process';
import { once } from 'node:events';
import type { Command } from 'commander';
import { findOccupant } from '../../embedded/data-folder.ts';
import { addDataDirectoryOption, type DataDirectoryOption } from '../run/configuration.ts';
import { CommandFailure } from '../terminal/failure.ts';

export function addTemporalCommand(program: Command): void {
  const command = program
    .command('temporal')
    .argument('[arguments...]', 'arguments of the Temporal CLI')
    .description('Run the Temporal CLI against the embedded server of a running `rollcall serve`')
    .passThroughOptions()
    .allowUnknownOption()
    .addHelpText(
      'after',
      [
        '\nExamples:',
        '  $ rollcall temporal workflow list',
        '  $ rollcall temporal workflow signal --workflow-id source/team-catalog --name sync',
        '  $ rollcall temporal workflow describe --workflow-id source/team-catalog',
        '\nSet TEMPORAL_ADDRESS and TEMPORAL_NAMESPACE to use another server.',
      ].join('\n'),
    );
  addDataDirectoryOption(command).action(async (passedOn: string[], { dataDir }: DataDirectoryOption) => {
    const environment = { ...(needsAddress(passedOn) && (await addressOf(dataDir))), ...process.env };
    const { findTemporalBinary } = await import('../../embedded/temporal-binary.ts'); // slow to load
    const binary = await findTemporalBinary({ onProgress: (message) => console.error(message) });
    const tool = spawn(binary, passedOn, { stdio: 'inherit', env: environment });
    const [status] = (await once(tool, 'exit')) as [number | null];
    process.exitCode = status ?? 1;
  });
}

const NAMES_SERVER = /^--(?:address|env|profile)(?:=|$)/;
const NAMING_VARIABLES = ['TEMPORAL_ADDRESS', 'TEMPORAL_ENV', 'TEMPORAL_PROFILE'];
const ASKS_FOR_FACTS = /^(?:-h|--help|-v|--version)$/;
const WORKS_ALONE = /^(?:completion|config|env|help|server)$/;

/** Whether the command uses a server, and the user doesn't say which. */
function needsAddress(passedOn: readonly string[]): boolean {
  const [command = 'help'] = passedOn;
  return !(
    WORKS_ALONE.test(command) ||
    passedOn.some((word) => NAMES_SERVER.test(word) || ASKS_FOR_FACTS.test(word)) ||
    NAMING_VARIABLES.some((name) => process.env[name] !== undefined)
  );
}

async function addressOf(dataDirectory: string): Promise<NodeJS.ProcessEnv> {
  const occupant = await findOccupant(dataDirectory);
  if (occupant?.temporal === undefined) {
    throw new CommandFailure(
      `No \`rollcall serve\` with an embedded Temporal is running on ${dataDirectory}: pass --data-dir, or set TEMPORAL_ADDRESS`,
    );
  }
  return { TEMPORAL_ADDRESS: occupant.temporal.address, TEMPORAL_NAMESPACE: occupant.temporal.namespace };
}
