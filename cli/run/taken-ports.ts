import { setTimeout as delay } from 'node:timers/promises';
import type { Configuration } from '../../config/model.ts';
import { workerInternalAddress } from '../../config/settings.ts';
import { isPortFree, LOOPBACK } from '../../embedded/free-port.ts';
import { type ListenAddress, parseListenAddress } from '../../config/listen-address.ts';
import { CommandFailure } from '../terminal/failure.ts';

interface WantedPort extends ListenAddress {
  readonly purpose: string;
  /** The option that selects another port. */
  readonly option: string;
}

interface PortOptions {
  readonly temporalPort: number;
  readonly uiPort: number;
  /** Whether to wait for processes of an earlier run to exit. */
  readonly patient: boolean;
}

const PATIENCE_MS = 15_000;

/** Checks all ports before anything starts. @throws CommandFailure that names each taken port and the option to change it */
export async function refuseTakenPorts(configuration: Configuration, options: PortOptions): Promise<void> {
  const wanted = wantedPorts(configuration, options);
  const deadline = Date.now() + (options.patient ? PATIENCE_MS : 0);
  let taken = await findTaken(wanted);
  while (taken.length > 0 && Date.now() < deadline) {
    await delay(100);
    taken = await findTaken(taken);
  }
  if (taken.length > 0) throw new CommandFailure(taken.map(describeTaken).join('\n'));
}

async function findTaken(wanted: readonly WantedPort[]): Promise<WantedPort[]> {
  const free = await Promise.all(wanted.map(({ port, host }) => isPortFree(port, host)));
  return wanted.filter((_, index) => free[index] === false);
}

function describeTaken({ port, purpose, option }: WantedPort): string {
  return `Port ${port} for ${purpose} is in use: stop the other program or choose another port with ${option}`;
}

function wantedPorts({ server, temporal }: Configuration, { temporalPort, uiPort }: PortOptions): WantedPort[] {
  const wanted: WantedPort[] = [
    { ...parseListenAddress(server.address), purpose: 'the API', option: '--address HOST:PORT' },
    {
      ...parseListenAddress(server.internalAddress),
      purpose: 'probes and metrics of the API',
      option: '--internal-address HOST:PORT',
    },
    {
      ...parseListenAddress(workerInternalAddress(server)),
      purpose: 'probes and metrics of the worker',
      option: '--worker-internal-address HOST:PORT',
    },
  ];
  if (temporal.address !== undefined) return wanted;
  return [
    ...wanted,
    { host: LOOPBACK, port: temporalPort, purpose: 'the Temporal server', option: '--temporal-port PORT' },
    { host: LOOPBACK, port: uiPort, purpose: "Temporal's Web UI", option: '--ui-port PORT' },
  ];
}
