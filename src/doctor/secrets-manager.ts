import { observedSettings } from './aws-client.js';
import type { Check, Finding } from './check.js';
import { type Installation, type Known, placeOf } from './installation.js';
import { type OpenService, serviceCheck } from './service-check.js';
import { serviceTrouble } from './service-trouble.js';

/** Where the bridge looks for the secret in one that is a JSON object. */
const MEMBERS = ['clientSecret', 'client_secret', 'secret'];

/** Each secret of a tool that is kept in AWS Secrets Manager is read, and nothing of it is told. */
export function secretsManagerCheck(installation: Installation, known: Known): Check {
  const check = serviceCheck({
    name: 'Secrets Manager',
    known,
    named: ({ secrets }) => secrets,
    open: () => openSecrets(installation),
  });
  // Most keep their secrets here: then there is nothing to say.
  return { ...check, run: async (signal) => (known.agents?.secrets.length ? check.run(signal) : []) };
}

async function openSecrets(installation: Installation): Promise<OpenService<string>> {
  const sdk = await import('@aws-sdk/client-secrets-manager');
  const place = placeOf(installation, 'secrets');
  const opened: { destroy(): void }[] = [];

  return {
    async look(arn, abortSignal) {
      const [, , , itsRegion = place.region, , , name = arn] = arn.split(':');
      const region = place.endpoint === undefined ? itsRegion : place.region;
      const { settings, host } = observedSettings({ ...place, region });
      const client = new sdk.SecretsManagerClient(settings);
      opened.push(client);
      try {
        const { SecretString } = await client.send(new sdk.GetSecretValueCommand({ SecretId: arn }), { abortSignal });
        return judgeSecret(name, SecretString);
      } catch (error) {
        return serviceTrouble(error, {
          thing: `the secret ${name}`,
          verb: 'read',
          actions: ['secretsmanager:GetSecretValue'],
          resource: arn,
          region,
          absent: 'Correct `auth.clientSecret` of the tool, or make the secret.',
          host: host(),
        });
      }
    },

    close() {
      for (const client of opened) client.destroy();
    },
  };
}

function judgeSecret(name: string, text: string | undefined): Finding {
  if (text !== undefined && text !== '' && hasSecret(text)) return { state: 'ok', says: `${name} can be read` };
  return {
    state: 'failed',
    says: `the secret ${name} holds no text, or JSON without ${MEMBERS.join(', ')}`,
    advice: 'Keep the client secret in it as plain text, or in one of these members.',
  };
}

function hasSecret(text: string): boolean {
  try {
    const value: unknown = JSON.parse(text);
    if (typeof value !== 'object' || value === null) return true;
    return MEMBERS.some((member) => typeof (value as Record<string, unknown>)[member] === 'string');
  } catch {
    return true;
  }
}
