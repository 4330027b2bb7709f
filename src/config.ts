import { isIP } from 'node:net';
import { z } from 'zod';
import { BridgeError } from './errors.js';

const LOG_LEVELS = ['fatal', 'error', 'warn', 'info', 'debug', 'trace', 'silent'] as const;

const url = (protocols: RegExp, example: string) =>
  z
    .string()
    .refine(
      (text) =>
        URL.canParse(text) && protocols.test(new URL(text).protocol) && !new URL(text).search && !new URL(text).hash,
      { message: `must be an address such as ${example}, without query or fragment` },
    );

function isLoopback(hostname: string): boolean {
  return hostname === 'localhost' || hostname === '[::1]' || /^127\./.test(hostname);
}

const wholeNumber = (min: number, max: number) =>
  z
    .string()
    .regex(/^\d+$/, 'must be a whole number')
    .transform(Number)
    .refine((value) => value >= min && value <= max, { message: `must lie between ${min} and ${max}` });

/** `true`, `false`, or the proxies' addresses as Fastify takes them. */
const trustProxy = z
  .string()
  .refine((text) => /^(true|false)$/.test(text) || text.split(',').every(isAddress), {
    message: 'must be true, false, or addresses such as 10.0.0.0/8, separated by commas',
  })
  .transform((text) => (/^(true|false)$/.test(text) ? text === 'true' : text));

function isAddress(text: string): boolean {
  const [address = '', bits] = text.trim().split('/');
  return isIP(address) !== 0 && (bits === undefined || /^\d{1,3}$/.test(bits));
}

/**
 * Calls this instance takes when nothing else is said: what one process carried in the bench with room to spare.
 * One call costs about 3 ms of CPU a second.
 */
const DEFAULT_MAX_CALLS = 200;

const environmentSchema = z.object({
  PORT: wholeNumber(0, 65_535).default(3000),
  HOST: z.string().min(1).default('127.0.0.1'),
  PUBLIC_URL: url(/^https?:$/, 'https://bridge.example.com').refine(
    (text) => !URL.canParse(text) || new URL(text).protocol === 'https:' || isLoopback(new URL(text).hostname),
    { message: 'must begin with https:// (Twilio takes nothing else), unless it names this machine' },
  ),
  INSTANCE_URL: url(/^https?:$/, 'http://10.0.0.7:3000').optional(),
  TRUST_PROXY: trustProxy.default(false),
  TWILIO_ACCOUNT_SID: z.string().regex(/^AC[0-9a-zA-Z]{32}$/, 'must be AC and 32 letters or digits'),
  TWILIO_AUTH_TOKEN: z.string().min(1, 'must not be empty'),
  AWS_REGION: z
    .string()
    .regex(/^[a-z]{2}(-[a-z]+)+-\d$/, 'must be a region such as us-east-1')
    .optional(),
  NOVA_MODEL_ID: z.string().min(1).default('amazon.nova-2-sonic-v1:0'),
  NOVA_TRANSPORT: z.enum(['lean', 'standard']).default('lean'),
  ADMIN_TOKEN: z.string().min(32, 'must have at least 32 characters'),
  MAX_CALLS: wholeNumber(1, 100_000).default(DEFAULT_MAX_CALLS),
  LOG_LEVEL: z.enum(LOG_LEVELS).default('info'),
});

/** Everything the bridge is configured by; nothing else reads the environment (but the AWS SDK, by its own names). */
export interface Config {
  port: number;
  host: string;
  publicUrl: string;
  instanceUrl: string | undefined;
  trustProxy: boolean | string;
  twilio: { accountSid: string; authToken: string };
  /** Undefined: wherever the AWS SDK finds it (a profile). */
  region: string | undefined;
  modelId: string;
  transport: 'lean' | 'standard';
  adminToken: string;
  maxCalls: number;
  logLevel: (typeof LOG_LEVELS)[number];
}

/** Reads the environment. Every fault at once, in one CONFIG_INVALID error; values of secrets are never in it. */
export function readConfig(environment: Readonly<Record<string, string | undefined>>): Config {
  const given = Object.fromEntries(
    Object.entries(environment).filter(([, value]) => value !== undefined && value !== ''),
  );
  const parsed = environmentSchema.safeParse(given);
  if (!parsed.success) {
    const faults = parsed.error.issues.map((issue) => {
      const name = issue.path.join('.');
      const problem = issue.code === 'invalid_type' && given[name] === undefined ? 'is required' : issue.message;
      return `${name} ${problem}`;
    });
    throw new BridgeError('CONFIG_INVALID', faults.join('\n'), { faults });
  }
  const values = parsed.data;
  return {
    port: values.PORT,
    host: values.HOST,
    publicUrl: values.PUBLIC_URL,
    instanceUrl: values.INSTANCE_URL,
    trustProxy: values.TRUST_PROXY,
    twilio: { accountSid: values.TWILIO_ACCOUNT_SID, authToken: values.TWILIO_AUTH_TOKEN },
    region: values.AWS_REGION,
    modelId: values.NOVA_MODEL_ID,
    transport: values.NOVA_TRANSPORT,
    adminToken: values.ADMIN_TOKEN,
    maxCalls: values.MAX_CALLS,
    logLevel: values.LOG_LEVEL,
  };
}
