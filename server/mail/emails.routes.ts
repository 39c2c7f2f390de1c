import { z } from 'zod';
import { recordAudit } from '../audit/record-audit.ts';
import { emailAddress } from '../customers/customer.rules.ts';
import type { Deps } from '../deps.ts';
import { AppError } from '../errors.ts';
import { idParams } from '../http/admin-route.ts';
import { adminCall, adminWrite } from '../http/admin-write.ts';
import type { Route } from '../http/route.ts';
import { newId } from '../ids.ts';
import { emailRecords } from '../records/messages.records.ts';
import { readRecord } from '../records/records.ts';
import { previewTemplates } from './preview-email.ts';
import { mailLanguages } from './render-email.ts';
import { resendEmail } from './resend-email.ts';
import { deliverTestEmail } from './send-test-email.ts';
import { retriedAtOnce, retryFailedEmails } from './retry-failed.ts';
import { MailError } from './transport.ts';

const tag = 'Messages';

/** Sending e-mails once more, and trying templates out. */
export function emailRoutes(deps: Deps): Route[] {
  const resend = adminWrite(
    deps,
    {
      method: 'post', path: '/api/v1/emails/:id/resend', operationId: 'resendEmail', tag, scope: 'emails.write', summary: 'Send an e-mail once more', description: 'To the same address or another one; a link that signs somebody in goes nowhere else.',
      params: idParams('e-mail'), body: z.object({ recipient: emailAddress.optional() }), responses: { 202: { description: 'It waits in the outbox as a new e-mail.', schema: z.object({ id: z.string().meta({ description: 'Of the e-mail that was sent once more.' }), recipient: z.string() }) } }, errors: ['CONFLICT'],
    },
    async ({ params: { id }, body, caller, deps: inside }) => {
      const { recipient } = await readRecord(inside, emailRecords, id, caller);
      await resendEmail(inside, id, { recipient: body.recipient ?? recipient, attempt: newId() }, caller.by);
      return { status: 202, body: { id, recipient: body.recipient ?? recipient } };
    },
  );

  const retry = adminWrite(
    deps,
    { method: 'post', path: '/api/v1/email-retries', operationId: 'retryEmails', tag, scope: 'emails.write', summary: 'Send the e-mails again that were given up', description: `To the addresses that they have, the oldest first, at most ${retriedAtOnce} in one request; links that sign somebody in have ended meanwhile and stay.`, responses: { 202: { description: 'They wait in the outbox.', schema: z.object({ count: z.int() }) } } },
    async ({ caller, deps: inside }) => ({ status: 202, body: { count: await retryFailedEmails(inside, caller.by) } }),
  );

  const test = adminCall(
    deps,
    {
      method: 'post', path: '/api/v1/email-tests', operationId: 'sendTestEmail', tag, scope: 'emails.write', summary: 'Send a template with made-up values', body: z.object({ template: z.enum(previewTemplates), language: z.enum(mailLanguages).default('en'), recipient: emailAddress }),
      responses: { 200: { description: 'The mail server has taken it.', schema: z.object({ template: z.string(), recipient: z.string(), sent: z.literal(true) }) } }, errors: ['MAIL_FAILED'],
    },
    async ({ body: { template, language, recipient }, caller, at }) => {
      try {
        await deliverTestEmail(deps, { template, locale: language, recipient });
      } catch (error) {
        if (!(error instanceof MailError)) throw error;
        throw new AppError('MAIL_FAILED', error.message, { cause: error });
      }
      return { body: { template, recipient, sent: true }, record: (trx) => recordAudit(trx, caller.by, { action: 'email.test_sent', entity: 'email', entityId: template, after: { recipient } }, at) };
    },
  );
  return [resend, retry, test];
}
