import { defined } from '../../registry/json.ts';
import type { Configuration } from '../../config/model.ts';

export interface AddressOptions {
  readonly address?: string;
  readonly internalAddress?: string;
  readonly workerInternalAddress?: string;
}

/** Options take precedence over the configuration file. */
export function withAddresses(configuration: Configuration, options: AddressOptions): Configuration {
  const { address, internalAddress, workerInternalAddress } = options;
  const written = defined({ address, internalAddress, workerInternalAddress });
  return { ...configuration, server: { ...configuration.server, ...written } };
}
