import type { Configuration } from '../../config/model.ts';

export interface AddressOptions {
  readonly address?: string;
  readonly internalAddress?: string;
}

/** Options take precedence over the configuration file. */
export function withAddresses(configuration: Configuration, options: AddressOptions): Configuration {
  const { address = configuration.server.address, internalAddress = configuration.server.internalAddress } = options;
  return { ...configuration, server: { ...configuration.server, address, internalAddress } };
}
