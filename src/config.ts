import { isIP } from 'node:net';
import { resolve } from 'node:path';
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

const publicUrl = url(/^https?:$/, 'https://bridge.example.com').refine(
  (text) => !URL.canParse(text) || new URL(text).protocol === 'https:' || isLoopback(new URL(text).hostname),
  { message: 'must begin with https:// (Twilio takes nothing else), unless it names this machine' },
);

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

const databaseUrl = z.string().refine((text) => URL.canParse(text) && /^postgres(ql)?:$/.test(new URL(text).protocol), {
  message: 'must be an address such as postgres://user:password@host:5432/oratio',
});

const recordingsUrl = z
  .string()
  .refine((text) => !/^\w+:\/\//.test(text) || /^s3:\/\/[a-z0-9][a-z0-9.-]{1,61}[a-z0-9](\/|$)/.test(text), {
    message: 'must be s3://bucket/prefix or a directory',
  });

const dialPrefixes = z
  .string()
  .transform((text) => text.split(',').map((prefix) => prefix.trim()))
  .refine((prefixes) => prefixes.every((prefix) => /^\+[1-9]\d{0,14}$/.test(prefix)), {
    message: 'must be prefixes such as +1415,+44, separated by commas',
  });

const regionName = z.string().regex(/^[a-z]{2}(-[a-z]+)+-\d$/, 'must be a region such as us-east-1');

const regionNames = z
  .string()
  .transform((text) => [...new Set(text.split(',').map((name) => name.trim()))])
  .refine((names) => names.every((name) => regionName.safeParse(name).success), {
    message: 'must be regions such as us-east-1,us-west-2, separated by commas',
  });

/** Source: Amazon S3 user guide, naming rules; AgentCore and IAM, ARNs. */
const bucketName = z
  .string()
  .regex(
    /^[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]$/,
    'must be the name of a bucket: 3 to 63 lower-case letters, digits, dots and hyphens',
  );
const runtimeArn = z
  .string()
  .regex(
    /^arn:aws[a-z-]*:bedrock-agentcore:[a-z0-9-]+:\d{12}:runtime\/[A-Za-z][A-Za-z0-9_]{0,47}-[A-Za-z0-9]{10}$/,
    'must be the ARN of an AgentCore runtime: arn:aws:bedrock-agentcore:<region>:<account>:runtime/<name>-<id>',
  );
const roleArn = z
  .string()
  .regex(
    /^arn:aws[a-z-]*:iam::\d{12}:role\/[\w+=,.@/-]{1,512}$/,
    'must be the ARN of a role: arn:aws:iam::<account>:role/<name>',
  );
const baseZip = z
  .string()
  .refine(
    (text) => (/^\w+:\/\//.test(text) ? /^s3:\/\/[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]\/.+$/.test(text) : text !== ''),
    {
      message: 'must be s3://bucket/key or a file',
    },
  );

/** A text model of Bedrock that can be had on demand. */
const DEFAULT_CREATOR_MODEL = 'amazon.nova-pro-v1:0';

const tokenPrice = z.number().min(0).default(0);

/** Prices of a voice model in the operator's currency for a million tokens. */
const pricesSchema = z.record(
  z.string(),
  z.strictObject({ inputSpeech: tokenPrice, inputText: tokenPrice, outputSpeech: tokenPrice, outputText: tokenPrice }),
);

const prices = z
  .string()
  .transform((text, context) => {
    try {
      return JSON.parse(text) as unknown;
    } catch {
      context.addIssue({ code: 'custom', message: 'must be JSON' });
      return z.NEVER;
    }
  })
  .pipe(
    z.strictObject({
      currency: z.string().regex(/^[A-Z]{3}$/, 'must be a code such as USD'),
      perMillionTokens: pricesSchema,
    }),
  );

export type Prices = z.infer<typeof prices>;

/**
 * Calls this instance takes at most when nothing else is said: far beyond what one process carries, because how busy its event
 * loop is decides before (see loop-health.ts). One call costs about 3 ms of CPU a second, so some 200 fill a core.
 */
const DEFAULT_MAX_CALLS = 1000;

/**
 * Spans sent at once. Writing a batch holds up everything else: 512, OpenTelemetry's default, took 5 to 8 ms, and 64 a
 * third of one.
 */
const DEFAULT_TRACE_BATCH = 128;

const environmentSchema = z
  .object({
    PORT: wholeNumber(0, 65_535).default(3000),
    HOST: z.string().min(1).default('127.0.0.1'),
    PUBLIC_URL: publicUrl,
    PUBLIC_FALLBACK_URL: publicUrl.optional(),
    INSTANCE_URL: url(/^https?:$/, 'http://10.0.0.7:3000').optional(),
    TRUST_PROXY: trustProxy.default(false),
    TWILIO_ACCOUNT_SID: z.string().regex(/^AC[0-9a-zA-Z]{32}$/, 'must be AC and 32 letters or digits'),
    TWILIO_AUTH_TOKEN: z.string().min(1, 'must not be empty'),
    TWILIO_API_KEY: z
      .string()
      .regex(/^SK[0-9a-zA-Z]{32}$/, 'must be SK and 32 letters or digits')
      .optional(),
    TWILIO_API_SECRET: z.string().min(1).optional(),
    TWILIO_API_URL: url(/^https?:$/, 'https://api.twilio.com').optional(),
    AWS_REGION: regionName.optional(),
    NOVA_REGIONS: regionNames.optional(),
    NOVA_SESSION_LIMIT_MS: wholeNumber(4000, 3_600_000).default(480_000),
    NOVA_MODEL_ID: z.string().min(1).default('amazon.nova-2-sonic-v1:0'),
    AGENTCORE_WORKLOAD_NAME: z.string().min(1).max(255).optional(),
    NOVA_TRANSPORT: z.enum(['lean', 'standard']).default('lean'),
    NOVA_MAX_SESSIONS: wholeNumber(1, 100_000).optional(),
    NOVA_PRICES: prices.optional(),
    ADMIN_TOKEN: z.string().min(32, 'must have at least 32 characters'),
    METRICS_TOKEN: z.string().min(16, 'must have at least 16 characters').optional(),
    SECRETS_KEY: z.string().min(32, 'must have at least 32 characters').optional(),
    DATABASE_URL: databaseUrl.optional(),
    DATA_DIR: z.string().min(1).default('./data'),
    RECORDINGS_URL: recordingsUrl.optional(),
    DIAL_PREFIXES: dialPrefixes.optional(),
    AGENT_CREATOR_RUNTIME_ARN: runtimeArn.optional(),
    CREATOR_MODEL_ID: z.string().min(1).max(2048).default(DEFAULT_CREATOR_MODEL),
    CREATOR_BUCKET: bucketName.optional(),
    CREATOR_ROLE_ARN: roleArn.optional(),
    CREATOR_LOADER_ARN: runtimeArn.optional(),
    CREATOR_BASE_ZIP: baseZip.optional(),
    MAX_CALLS: wholeNumber(1, 100_000).default(DEFAULT_MAX_CALLS),
    DRAIN_LIMIT_MS: wholeNumber(0, 86_400_000).default(300_000),
    DRAIN_DELAY_MS: wholeNumber(0, 600_000).default(5000),
    CPU_PRIORITY: z.enum(['realtime', 'normal']).default('realtime'),
    LOG_LEVEL: z.enum(LOG_LEVELS).default('info'),
    OTEL_EXPORTER_OTLP_ENDPOINT: url(/^https?:$/, 'http://localhost:4318').optional(),
    OTEL_EXPORTER_OTLP_TRACES_ENDPOINT: url(/^https?:$/, 'http://localhost:4318/v1/traces').optional(),
    OTEL_TRACES_EXPORTER: z.string().optional(),
    OTEL_SDK_DISABLED: z.string().optional(),
    OTEL_BSP_MAX_EXPORT_BATCH_SIZE: wholeNumber(1, 2048).default(DEFAULT_TRACE_BATCH),
  })
  .superRefine((values, context) => {
    const together = (one: keyof typeof values, other: keyof typeof values, words: string) => {
      if ((values[one] === undefined) === (values[other] === undefined)) return;
      const missing = values[one] === undefined ? one : other;
      context.addIssue({ code: 'custom', path: [missing], message: `is required: ${words}` });
    };
    together('TWILIO_API_KEY', 'TWILIO_API_SECRET', 'key and secret belong together');
    together('CREATOR_BASE_ZIP', 'CREATOR_ROLE_ARN', 'a package is deployed with the role that it runs with');
  });

/**
 * Everything the bridge is configured by; nothing else reads the environment (but the SDKs of AWS and OpenTelemetry, by
 * their own names).
 */
export interface Config {
  port: number;
  host: string;
  publicUrl: string;
  /** Where Twilio asks when it gets no answer at `publicUrl`: the same address, or another way here. */
  publicFallbackUrl: string;
  instanceUrl: string | undefined;
  trustProxy: boolean | string;
  twilio: {
    accountSid: string;
    authToken: string;
    /** REST calls use these when set. */
    apiKey: { sid: string; secret: string } | undefined;
    /** Origin of Twilio's REST API; undefined: Twilio's own. */
    apiUrl: string | undefined;
  };
  /** Undefined: wherever the AWS SDK finds it (a profile). */
  region: string | undefined;
  /** Where the voice model is reached, the first preferred; undefined: in `region` alone. */
  voiceRegions: readonly string[] | undefined;
  modelId: string;
  /** The model's hard limit for one stream; it is renewed before. */
  sessionLimitMs: number;
  /** The bridge's workload identity at AgentCore Identity. */
  agentCoreWorkload: string | undefined;
  transport: 'lean' | 'standard';
  /** Streams that this instance may have open to the model; undefined: nobody knows. */
  maxSessions: number | undefined;
  prices: Prices | undefined;
  adminToken: string;
  /** Bearer for `/metrics`. */
  metricsToken: string;
  /** What everything secret of ours is derived from. */
  secretsKey: string;
  /** Undefined: the embedded database in `dataDir`. */
  databaseUrl: string | undefined;
  /** Absolute. */
  dataDir: string;
  /** `s3://bucket/prefix` or a directory; undefined: `recordings` in `dataDir`. */
  recordingsUrl: string | undefined;
  /** Undefined: the country of the dialled number. */
  dialPrefixes: readonly string[] | undefined;
  creator: {
    /** Pre-deployed AgentCreator; undefined: the built-in pipeline makes agents. */
    metaAgentArn: string | undefined;
    /** Writes, reviews and rehearses agents. */
    modelId: string;
    /** Where agents are written; undefined: none are made. */
    bucket: string | undefined;
    /** Runtime that loads agents by their ids. */
    loaderArn: string | undefined;
    /** Else each agent gets a runtime of its own, from this package and with this role. */
    baseZip: string | undefined;
    roleArn: string | undefined;
  };
  /** Beside what the event loop and the model have room for. */
  maxCalls: number;
  /** How live calls are handed over or finished when the process is to stop, in ms. */
  drain: { delayMs: number; limitMs: number };
  /** Before all ordinary work of the machine, where it allows that. */
  isRealtime: boolean;
  logLevel: (typeof LOG_LEVELS)[number];
  /** Where spans of calls are sent, and how many at once; undefined: nowhere. */
  traces: { url: string; batchSize: number } | undefined;
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
    publicFallbackUrl: values.PUBLIC_FALLBACK_URL ?? values.PUBLIC_URL,
    instanceUrl: values.INSTANCE_URL,
    trustProxy: values.TRUST_PROXY,
    twilio: {
      accountSid: values.TWILIO_ACCOUNT_SID,
      authToken: values.TWILIO_AUTH_TOKEN,
      apiKey:
        values.TWILIO_API_KEY && values.TWILIO_API_SECRET
          ? { sid: values.TWILIO_API_KEY, secret: values.TWILIO_API_SECRET }
          : undefined,
      apiUrl: values.TWILIO_API_URL?.replace(/\/+$/, ''),
    },
    region: values.AWS_REGION,
    voiceRegions: values.NOVA_REGIONS,
    modelId: values.NOVA_MODEL_ID,
    sessionLimitMs: values.NOVA_SESSION_LIMIT_MS,
    agentCoreWorkload: values.AGENTCORE_WORKLOAD_NAME,
    transport: values.NOVA_TRANSPORT,
    maxSessions: values.NOVA_MAX_SESSIONS,
    prices: values.NOVA_PRICES,
    adminToken: values.ADMIN_TOKEN,
    metricsToken: values.METRICS_TOKEN ?? values.ADMIN_TOKEN,
    secretsKey: values.SECRETS_KEY ?? values.ADMIN_TOKEN,
    databaseUrl: values.DATABASE_URL,
    dataDir: resolve(values.DATA_DIR),
    recordingsUrl: values.RECORDINGS_URL,
    dialPrefixes: values.DIAL_PREFIXES,
    creator: {
      metaAgentArn: values.AGENT_CREATOR_RUNTIME_ARN,
      modelId: values.CREATOR_MODEL_ID,
      bucket: values.CREATOR_BUCKET,
      loaderArn: values.CREATOR_LOADER_ARN,
      baseZip: values.CREATOR_BASE_ZIP,
      roleArn: values.CREATOR_ROLE_ARN,
    },
    maxCalls: values.MAX_CALLS,
    drain: { delayMs: values.DRAIN_DELAY_MS, limitMs: values.DRAIN_LIMIT_MS },
    isRealtime: values.CPU_PRIORITY === 'realtime',
    logLevel: values.LOG_LEVEL,
    traces: tracesOf(values),
  };
}

/**
 * By OpenTelemetry's standard variables: the address for traces as it is, the one for everything with the path added.
 * Source: https://opentelemetry.io/docs/specs/otel/protocol/exporter/
 */
function tracesOf(values: z.infer<typeof environmentSchema>): Config['traces'] {
  const isOff = values.OTEL_SDK_DISABLED?.toLowerCase() === 'true' || values.OTEL_TRACES_EXPORTER === 'none';
  const base = values.OTEL_EXPORTER_OTLP_ENDPOINT?.replace(/\/$/, '');
  const url = values.OTEL_EXPORTER_OTLP_TRACES_ENDPOINT ?? (base && `${base}/v1/traces`);
  return isOff || url === undefined ? undefined : { url, batchSize: values.OTEL_BSP_MAX_EXPORT_BATCH_SIZE };
}
