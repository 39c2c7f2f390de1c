import type { Request } from 'express';
import type { z } from 'zod';
import type { AppError } from '../errors.ts';

/** Another shape for errors than that of this API, for endpoints that speak somebody else's protocol. */
export type ErrorShape = {
  /** What the OpenAPI document says of the body. */
  schema: z.ZodType;
  /** One as the document shows it; of several shapes the first. */
  example: (error: AppError, requestId: string) => { status: number; body: object };
  answer: (error: AppError, req: Request, requestId: string) => { status: number; headers: Record<string, string>; body: object };
};
