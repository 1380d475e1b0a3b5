import type { Configuration } from '../config/model.ts';
import { isPortFree } from '../embedded/free-port.ts';
import { LOOPBACK } from '../embedded/free-port.ts';
import { type ListenAddress, parseListenAddress } from './addresses.ts';
import { CommandFailure } from './failure.ts';

interface WantedPort extends ListenAddress {
  readonly purpose: string;
  /** How to choose another one. */
  readonly option: string;
}

/** Before anything is started: all ports that somebody else has, and the options that choose others. */
export async function refuseTakenPorts(
  configuration: Configuration,
  ports: { readonly temporalPort: number; readonly uiPort: number },
): Promise<void> {
  const wanted = wantedPorts(configuration, ports);
  const free = await Promise.all(wanted.map(({ port, host }) => isPortFree(port, host)));
  const taken = wanted.filter((_, index) => free[index] === false);
  if (taken.length === 0) return;
  throw new CommandFailure(
    taken
      .map(
        ({ port, purpose, option }) =>
          `Port ${port}, for ${purpose}, is taken: stop what listens there, or use ${option}`,
      )
      .join('\n'),
  );
}

function wantedPorts(
  { server, temporal }: Configuration,
  { temporalPort, uiPort }: { readonly temporalPort: number; readonly uiPort: number },
): WantedPort[] {
  const wanted: WantedPort[] = [
    { ...parseListenAddress(server.address), purpose: 'the API', option: '--address HOST:PORT' },
    {
      ...parseListenAddress(server.internalAddress),
      purpose: 'health and metrics',
      option: '--internal-address HOST:PORT',
    },
  ];
  if (temporal.address !== undefined) return wanted;
  return [
    ...wanted,
    { host: LOOPBACK, port: temporalPort, purpose: 'the Temporal server', option: '--temporal-port PORT' },
    { host: LOOPBACK, port: uiPort, purpose: "Temporal's Web UI", option: '--ui-port PORT' },
  ];
}
