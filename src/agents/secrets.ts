import type { SecretsManagerClient } from '@aws-sdk/client-secrets-manager';
import { type AwsPlace, awsSettings } from '../aws.js';
import type { Clock } from '../clock.js';
import { isObject, parsedJson } from './answer-text.js';
import { failure, signInFailureOf, WHO } from './failure.js';

export interface Secrets {
  /** The secret itself: `value`, or what the secret of that ARN holds. `isFresh` when it was read just now. */
  read(value: string, signal: AbortSignal): Promise<{ readonly secret: string; readonly isFresh: boolean }>;
  /** It was refused: the next reading asks again. */
  forget(value: string): void;
  close(): void;
}

/** A rotated secret is taken up after this at the latest, and at once when the old one is refused. */
const KEEP_MS = 300_000;
const SECRET_ARN = /^arn:aws[a-z-]*:secretsmanager:([a-z0-9-]+):\d{12}:secret:.+$/;
/** Where a secret that is a JSON object may hold it. */
const MEMBERS = ['clientSecret', 'client_secret', 'secret'];

/** Secrets that are ARNs of AWS Secrets Manager are looked up there, in the region of the ARN; others are the secret. */
export function secretsManager(place: AwsPlace, clock: Clock): Secrets {
  const clients = new Map<
    string,
    Promise<{ sdk: typeof import('@aws-sdk/client-secrets-manager'); client: SecretsManagerClient }>
  >();
  const kept = new Map<string, { secret: string; untilMs: number }>();

  const connect = (region: string) => {
    let opened = clients.get(region);
    if (!opened) {
      opened = import('@aws-sdk/client-secrets-manager').then((sdk) => ({
        sdk,
        client: new sdk.SecretsManagerClient(awsSettings({ ...place, region })),
      }));
      clients.set(region, opened);
    }
    return opened;
  };

  const lookUp = async (arn: string, region: string, signal: AbortSignal): Promise<string> => {
    const { sdk, client } = await connect(region);
    const { SecretString } = await client
      .send(new sdk.GetSecretValueCommand({ SecretId: arn }), { abortSignal: signal })
      .catch((error: unknown) => {
        throw signInFailureOf(error, signal);
      });
    const value = SecretString === undefined ? undefined : parsedJson(SecretString);
    const held = isObject(value) ? MEMBERS.map((name) => value[name]) : [SecretString];
    const secret = held.find((each): each is string => typeof each === 'string' && each !== '');
    if (secret === undefined) {
      const problem = `the secret has none of ${MEMBERS.join(', ')}`;
      throw failure('credentials', WHO, { details: { problem } });
    }
    return secret;
  };

  return {
    async read(value, signal) {
      const region = SECRET_ARN.exec(value)?.[1];
      if (region === undefined) return { secret: value, isFresh: true };
      const known = kept.get(value);
      if (known && clock.now() < known.untilMs) return { secret: known.secret, isFresh: false };
      const secret = await lookUp(value, region, signal);
      kept.set(value, { secret, untilMs: clock.now() + KEEP_MS });
      return { secret, isFresh: true };
    },
    forget(value) {
      kept.delete(value);
    },
    close() {
      kept.clear();
      for (const opened of clients.values()) void opened.then(({ client }) => client.destroy());
    },
  };
}
