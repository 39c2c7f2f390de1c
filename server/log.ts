import pino, { type Logger } from 'pino';

/** What may stand in a log line; anything else passed to the logger is dropped. Keys, bodies and addresses of people are never among it. */
const allowedFields = new Set(['request_id', 'method', 'route', 'status', 'duration_ms', 'code', 'detail', 'stack', 'job', 'job_id', 'attempt', 'provider', 'event_id', 'topic', 'count', 'port', 'name', 'reason', 'license_id', 'email_id', 'model']);

/** JSON lines on standard output; an allow-list of fields, `error` being reduced to its text and stack. */
export function createLog(level: string, destination?: pino.DestinationStream): Logger {
  const options: pino.LoggerOptions = {
    level,
    base: null,
    timestamp: pino.stdTimeFunctions.isoTime,
    formatters: {
      level: (label) => ({ level: label }),
      log: (fields) => Object.fromEntries(Object.entries(fields).filter(([name]) => allowedFields.has(name))),
    },
  };
  return destination ? pino(options, destination) : pino(options, pino.destination({ sync: false, minLength: 0 }));
}
