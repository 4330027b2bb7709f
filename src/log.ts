import { type Logger as PinoLogger, pino } from 'pino';

export type Logger = PinoLogger;

/**
 * One event, one line of JSON. What a person said, typed or dials goes under `pii` and is never written;
 * neither are headers that carry secrets.
 */
export function createLog(level: string, destination?: { write(line: string): void }): Logger {
  const options = {
    level,
    redact: {
      paths: ['pii', '*.pii', 'req.headers.authorization', 'req.headers["x-twilio-signature"]'],
      censor: '[redacted]',
    },
  };
  return destination ? pino(options, destination) : pino(options);
}
