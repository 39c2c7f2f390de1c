import { z } from 'zod';
import { customerStatuses } from '../customers/customer-status.rules.ts';

const scope = z.discriminatedUnion('kind', [z.object({ kind: z.literal('all') }), z.object({ kind: z.literal('organization'), id: z.string(), path: z.string() }), z.object({ kind: z.literal('customer'), customerId: z.string() })]);
const reason = z.string();
const ids = z.array(z.string()).optional();

const licenseTarget = z.object({ ids, within: scope.optional(), status: z.enum(['pending', 'active', 'suspended', 'expired', 'cancelled']).optional(), planId: z.string().optional(), customerId: z.string().optional() });
const customerTarget = z.object({ ids, within: scope.optional(), status: z.enum(customerStatuses).optional() });
/** Which rows a batch concerns: those with these ids, or all that a filter leaves when it gets to them. */
export type LicenseTarget = z.output<typeof licenseTarget>;
export type CustomerTarget = z.output<typeof customerTarget>;

const licenses = { of: z.literal('licenses'), target: licenseTarget };
const customers = { of: z.literal('customers'), target: customerTarget };

/** What can be done to many at once, as it is stored. */
export const batchInput = z.discriminatedUnion('kind', [
  z.object({ kind: z.literal('suspend-licenses'), ...licenses, reason }),
  z.object({ kind: z.literal('reactivate-licenses'), ...licenses, reason }),
  z.object({ kind: z.literal('extend-licenses'), ...licenses, reason, months: z.int() }),
  z.object({ kind: z.literal('change-plan'), ...licenses, reason, planId: z.string() }),
  z.object({ kind: z.literal('send-keys'), ...licenses }),
  z.object({ kind: z.literal('validate-customers'), ...customers, reason, sendKeys: z.boolean() }),
  z.object({ kind: z.literal('suspend-customers'), ...customers, reason }),
  z.object({ kind: z.literal('reactivate-customers'), ...customers, reason }),
  z.object({ kind: z.literal('assign-customers'), ...customers, reason, organizationId: z.string().nullable() }),
  z.object({ kind: z.literal('create-licenses'), of: z.literal('new-licenses'), customerId: z.string(), planId: z.string(), productId: z.string(), months: z.int().nullable(), count: z.int() }),
]);
export type BatchInput = z.output<typeof batchInput>;
/** One that changes what is there. */
export type ChangeInput = Exclude<BatchInput, { kind: 'create-licenses' }>;

/** The reach of whoever has begun a batch, as it is stored. */
export const batchScope = scope;

/** What could not be done, and why; the first of them are kept. */
export const batchProblems = z.array(z.object({ id: z.string(), code: z.string() }));
export const problemsKept = 20;
