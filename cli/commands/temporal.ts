import { spawn } from 'node:child_process';
import { once } from 'node:events';
import type { Command } from 'commander';
import { readOccupant } from '../../embedded/data-folder.ts';
import { addDataDirectoryOption, type DataDirectoryOption } from '../run/configuration.ts';

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
    const { findTemporalBinary } = await import('../../embedded/temporal-binary.ts'); // slow to load
    const binary = await findTemporalBinary({ onProgress: (message) => console.error(message) });
    const tool = spawn(binary, passedOn, { stdio: 'inherit', env: { ...(await addressOf(dataDir)), ...process.env } });
    const [status] = (await once(tool, 'exit')) as [number | null];
    process.exitCode = status ?? 1;
  });
}

async function addressOf(dataDirectory: string): Promise<NodeJS.ProcessEnv> {
  const occupant = await readOccupant(dataDirectory);
  if (occupant?.temporal === undefined) return {};
  return { TEMPORAL_ADDRESS: occupant.temporal.address, TEMPORAL_NAMESPACE: occupant.temporal.namespace };
}
