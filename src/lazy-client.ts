import { renewingKeys } from './fresh-keys.js';

/** An SDK client that is loaded and made at its first use: loading takes a tenth of a second of everybody's time. */
export interface LazyClient<Sdk, Client> {
  open(): Promise<{ readonly sdk: Sdk; readonly client: Client }>;
  close(): void;
}

export function lazyClient<Sdk, Client extends { destroy(): void }>(
  load: () => Promise<Sdk>,
  make: (sdk: Sdk) => Client,
): LazyClient<Sdk, Client> {
  let opened: Promise<{ sdk: Sdk; client: Client }> | undefined;
  return {
    open() {
      opened ??= load().then((sdk) => ({ sdk, client: renewingKeys(make(sdk)) }));
      return opened;
    },
    close() {
      void opened?.then(
        ({ client }) => client.destroy(),
        () => undefined,
      );
    },
  };
}
