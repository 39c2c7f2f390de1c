/** Every reason for which a request can fail, with the HTTP status that says it. The record is exhaustive: a code without a status does not compile. */
const statusByCode = {
  INVALID_REQUEST: 400,
  INVALID_JSON: 400,
  UNAUTHENTICATED: 401,
  SIGNATURE_INVALID: 401,
  LICENSE_INVALID: 401,
  PLAN_UPGRADE_REQUIRED: 402,
  FORBIDDEN: 403,
  FORM_EXPIRED: 403,
  LICENSE_REFUSED: 403,
  PLAN_WITHOUT_AI: 403,
  AI_PAUSED: 403,
  SITE_NOT_ACTIVATED: 403,
  VISITOR_TOKEN_INVALID: 401,
  VISITOR_TOKEN_EXPIRED: 401,
  VISITOR_TOKEN_FOREIGN_ORIGIN: 403,
  VISITOR_TOKEN_REPLAYED: 403,
  VISITOR_TOKEN_USED_UP: 429,
  NOT_FOUND: 404,
  METHOD_NOT_ALLOWED: 405,
  CONFLICT: 409,
  PRECONDITION_FAILED: 412,
  PAYMENT_PROVIDER_UNAVAILABLE: 503,
  IDEMPOTENCY_KEY_REUSED: 422,
  CUSTOMER_IN_USE: 409,
  LICENSE_QUOTA_EXHAUSTED: 409,
  BODY_TOO_LARGE: 413,
  UNSUPPORTED_MEDIA_TYPE: 415,
  MISDIRECTED: 421,
  MODEL_UNKNOWN: 400,
  MODEL_NOT_ALLOWED: 403,
  MODEL_WITHOUT_PRICE: 400,
  CONTEXT_TOO_LONG: 400,
  CONTENT_REFUSED: 400,
  MODERATION_UNAVAILABLE: 503,
  PROVIDER_NOT_CONFIGURED: 400,
  PROVIDER_KEY_REFUSED: 403,
  PROVIDER_UNAVAILABLE: 503,
  PROVIDER_REJECTED: 400,
  MAIL_FAILED: 502,
  PROVIDER_FAILED: 502,
  PROVIDER_TIMEOUT: 504,
  QUOTA_EXHAUSTED: 429,
  RATE_LIMITED: 429,
  INTERNAL: 500,
  BUSY: 503,
} as const;

export type ErrorCode = keyof typeof statusByCode;

/** The HTTP status that says this code. */
export function statusOf(code: ErrorCode): number {
  return statusByCode[code];
}

type AppErrorOptions = {
  /** The request field at fault, as a path ("body.months"). */
  field?: string;
  /** For the log only; never sent to a client. */
  detail?: string;
  /** Sent as Retry-After. */
  retryAfterSeconds?: number;
  cause?: unknown;
};

/** The one error type: a code for programs, a message for people, and details that stay inside. */
export class AppError extends Error {
  readonly code: ErrorCode;
  readonly field: string | undefined;
  readonly detail: string | undefined;
  readonly retryAfterSeconds: number | undefined;

  constructor(code: ErrorCode, publicMessage: string, options: AppErrorOptions = {}) {
    super(publicMessage, options.cause === undefined ? undefined : { cause: options.cause });
    this.name = 'AppError';
    this.code = code;
    this.field = options.field;
    this.detail = options.detail;
    this.retryAfterSeconds = options.retryAfterSeconds;
  }

  get status(): number {
    return statusOf(this.code);
  }
}

/** The text of anything thrown, for logs and records. */
export function errorText(error: unknown): string {
  if (error instanceof AppError && error.detail !== undefined) return `${error.message} (${error.detail})`;
  return error instanceof Error ? error.message : String(error);
}
