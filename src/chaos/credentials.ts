import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { Clock } from '../clock.js';
import type { BedrockEmulator } from '../emulator/bedrock/server.js';

/** Credentials of the AWS SDK's shape. */
export interface IssuedCredentials {
  readonly accessKeyId: string;
  readonly secretAccessKey: string;
  readonly sessionToken: string;
  readonly expiration: Date;
}

/** Issues credentials that the models take until they expire. */
export interface CredentialsOffice {
  readonly url: string;
  issue(): IssuedCredentials;
  /** From now on what is issued lasts so long; undefined: as long as usual. */
  setLifeMs(lifeMs: number | undefined): void;
  close(): Promise<void>;
}

const USUAL_LIFE_MS = 3_600_000;

export async function openCredentialsOffice(
  clock: Clock,
  models: readonly BedrockEmulator[],
): Promise<CredentialsOffice> {
  let lifeMs = USUAL_LIFE_MS;
  let count = 0;
  const issue = (): IssuedCredentials => {
    count += 1;
    const given = {
      accessKeyId: `ASIACHAOS${String(count).padStart(8, '0')}`,
      secretAccessKey: `secret-of-the-chaos-${count}`,
      sessionToken: `session-token-of-the-chaos-${count}`,
    };
    const expireAtMs = clock.now() + lifeMs;
    for (const model of models) model.issue(given, expireAtMs);
    return { ...given, expiration: new Date(expireAtMs) };
  };
  const server = createServer((_request, response) => {
    response.setHeader('Content-Type', 'application/json');
    response.end(JSON.stringify(issue()));
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    issue,
    setLifeMs(given) {
      lifeMs = given ?? USUAL_LIFE_MS;
    },
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}

/** A provider for the AWS SDK that asks such an office. */
export function fetchedCredentials(url: string): () => Promise<IssuedCredentials> {
  return async () => {
    const response = await fetch(url);
    const given = (await response.json()) as IssuedCredentials;
    return { ...given, expiration: new Date(given.expiration) };
  };
}
