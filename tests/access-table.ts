// Who may open what: the table that tests/api/access-matrix.test.ts holds against every page and every endpoint. A new page or endpoint
// needs a row here, or the test fails. Each row says it anew, so that a slip in server/access/access.rules.ts is seen.

/** S superadmin, U support, R reseller, C sub-company, A agent, K customer. */
export const letters = { S: 'superadmin', U: 'support', R: 'reseller', C: 'sub_company', A: 'agent', K: 'customer' } as const;

const everybody = 'SURCAK';
const operators = 'SU';
const sellers = 'SURCA';
const managers = 'SRC';

/** Pages that open without a session: their own rules are tested in accounts.test.ts. */
export const openPages = ['GET /login', 'POST /login', 'POST /preferences', 'GET /reset-password', 'POST /reset-password', 'GET /reset-password/:token', 'POST /reset-password/:token', 'GET /invitation/:token', 'POST /invitation/:token'];

/** The roles that may open a page of the dashboard or the portal. */
export const pageRows: Record<string, string> = {
  ...rows(everybody, [
    'GET /login/code', 'POST /login/code', 'POST /login/cancel', 'GET /password', 'POST /password', 'POST /logout',
    'GET /sessions', 'POST /sessions/end-others', 'POST /sessions/:handle/end',
    'GET /two-factor', 'POST /two-factor/confirm', 'POST /two-factor/recovery-codes', 'POST /two-factor/remove',
    'GET /licenses', 'GET /licenses/:id', 'POST /licenses/:id/reveal', 'GET /licenses/:id/statement', 'GET /licenses/:id/statement.csv',
    'GET /licenses/:id/sites/:site/release', 'POST /licenses/:id/sites/:site/release',
  ]),
  ...rows(everybody, ['GET /exports/licenses']),
  ...rows(sellers, ['GET /exports/customers', 'GET /exports/orders', 'GET /exports/subscriptions']),
  ...rows(everybody, ['GET /usage', 'GET /usage/customers', 'GET /usage/licenses', 'GET /expiring']),
  ...rows(sellers, ['GET /', 'GET /search', 'GET /customers', 'GET /customers/:id']),
  ...rows('SRCA', ['GET /new-license', 'POST /new-license', 'GET /new-license/:form']),
  ...rows('SURC', ['GET /organizations', 'GET /organizations/:id']),
  ...rows(managers, [
    'GET /organizations/new', 'POST /organizations/new', 'POST /organizations/:id', 'GET /organizations/:id/disable', 'POST /organizations/:id/disable', 'POST /organizations/:id/enable', 'GET /organizations/:id/move', 'POST /organizations/:id/move',
    'GET /users', 'GET /users/new', 'POST /users/new', 'GET /users/:id', 'POST /users/:id', 'POST /users/:id/place', 'POST /users/:id/invite',
    'GET /users/:id/disable', 'POST /users/:id/disable', 'POST /users/:id/enable', 'GET /users/:id/reset-totp', 'POST /users/:id/reset-totp',
    'POST /users/:id/sessions/end', 'POST /users/:id/sessions/:handle/end',
  ]),
  ...rows(operators, [
    'GET /providers', 'GET /providers/:name', 'GET /aliases', 'GET /aliases/:alias', 'GET /prices', 'GET /prices/:version/csv', 'GET /plans', 'GET /plans/:code',
    'GET /deliveries', 'GET /deliveries/:id', 'GET /audit', 'POST /audit/verify', 'GET /exports/audit', 'GET /exports/deliveries', 'GET /exports/emails',
    'GET /emails', 'GET /emails/:id', 'GET /emails/templates', 'GET /emails/templates/:template/:language', 'GET /emails/templates/:template/:language/html',
    'POST /emails/templates/:template/:language', 'POST /emails/:id/resend',
  ]),
  ...rows('S', ['GET /tokens', 'GET /tokens/new', 'POST /tokens/new', 'GET /tokens/:id/revoke', 'POST /tokens/:id/revoke', 'GET /exports/webhooks']),
  ...rows('S', [
    'GET /imports', 'GET /imports/new', 'POST /imports', 'GET /imports/:id', 'GET /imports/:id/mapping', 'POST /imports/:id/mapping', 'GET /imports/:id/values', 'POST /imports/:id/values', 'GET /imports/:id/refused.csv',
    'POST /imports/:id/start', 'POST /imports/:id/resume', 'GET /imports/:id/undo', 'POST /imports/:id/undo', 'GET /imports/:id/discard', 'POST /imports/:id/discard',
    'GET /licenses/:id/suspend', 'POST /licenses/:id/suspend', 'GET /licenses/:id/reactivate', 'POST /licenses/:id/reactivate', 'GET /licenses/:id/cancel', 'POST /licenses/:id/cancel', 'POST /licenses/:id/unlock',
    'GET /providers/new', 'POST /providers/new', 'POST /providers/:name', 'POST /providers/:name/test', 'POST /providers/:name/enable', 'POST /providers/:name/disable', 'GET /providers/:name/remove', 'POST /providers/:name/remove',
    'GET /aliases/new', 'POST /aliases/new', 'POST /aliases/:alias', 'POST /aliases/:alias/remove', 'GET /prices/change', 'POST /prices/change', 'GET /prices/new', 'POST /prices/new', 'POST /plans/:code', 'POST /deliveries/:id/replay',
    'GET /webhooks', 'GET /webhooks/new', 'POST /webhooks/new', 'GET /webhooks/deliveries/:delivery', 'POST /webhooks/deliveries/:delivery/redeliver', 'GET /webhooks/:id', 'GET /webhooks/:id/edit', 'POST /webhooks/:id/edit',
    'POST /webhooks/:id/rotate', 'GET /webhooks/:id/delete', 'POST /webhooks/:id/enable', 'POST /webhooks/:id/disable', 'POST /webhooks/:id/test', 'POST /webhooks/:id/delete',
  ]),
  ...rows('S', [
    'GET /licenses/bulk', 'POST /licenses/bulk', 'GET /customers/:id/merge', 'POST /customers/:id/merge', 'GET /customers/:id/delete', 'POST /customers/:id/delete',
    'POST /customers/:id/export', 'GET /licenses/:id/revoke', 'POST /licenses/:id/revoke', 'GET /licenses/:id/extend', 'POST /licenses/:id/extend', 'GET /licenses/:id/plan',
    'POST /licenses/:id/plan', 'GET /licenses/:id/transfer', 'POST /licenses/:id/transfer', 'GET /licenses/:id/limits', 'POST /licenses/:id/limits', 'GET /licenses/:id/modules', 'POST /licenses/:id/modules', 'POST /licenses/:id/send-key',
    'GET /plans/new', 'POST /plans/new', 'GET /plans/:code/edit', 'POST /plans/:code/edit', 'GET /plans/:code/archive', 'POST /plans/:code/archive',
    'GET /products/new', 'POST /products/new', 'GET /products/:code', 'POST /products/:code', 'POST /products/:code/archive', 'GET /modules/new',
    'POST /modules/new', 'GET /modules/:code', 'POST /modules/:code', 'POST /modules/:code/archive', 'GET /mappings/edit', 'POST /mappings/edit',
    'GET /mappings/:id/remove', 'POST /mappings/:id/remove', 'POST /orders/:id/replay', 'GET /settings', 'POST /settings', 'POST /system/jobs/:id/retry',
    'POST /system/retry', 'GET /system/jobs/:id/delete', 'POST /system/jobs/:id/delete',
  ]),
  ...rows(managers, [
    'GET /customers/bulk', 'POST /customers/bulk', 'GET /customers/:id/validate', 'POST /customers/:id/validate', 'GET /customers/:id/suspend', 'POST /customers/:id/suspend',
    'GET /customers/:id/reactivate', 'POST /customers/:id/reactivate', 'GET /customers/:id/assign', 'POST /customers/:id/assign', 'GET /licenses/:id/confirm', 'POST /licenses/:id/confirm',
  ]),
  ...rows('SRCA', [
    'GET /new-licenses', 'POST /new-licenses', 'POST /batches/:id/stop', 'POST /batches/:id/keys', 'GET /new-customer', 'POST /new-customer',
    'GET /customers/:id/edit', 'POST /customers/:id/edit',
  ]),
  ...rows(everybody, [
    'GET /batches/:id',
  ]),
  ...rows(operators, [
    'GET /products', 'GET /mappings', 'POST /orders/:id/resend-keys', 'GET /system', 'GET /emails/retry', 'POST /emails/retry',
  ]),
  ...rows(sellers, [
    'GET /orders', 'GET /orders/:id', 'GET /subscriptions', 'GET /subscriptions/:id',
  ]),
};

/** The scope that an API token needs for an endpoint; `own`: whether the token of an organisation may hold it too. */
export const routeRows: Record<string, { scope: string; own: boolean }> = {
  ...scoped('licenses.issue', true, ['POST /api/create_license']),
  ...scoped('customers.read', true, ['GET /api/customer/:id', 'GET /api/v1/customers', 'GET /api/v1/customers/:id', 'POST /api/v1/search']),
  ...scoped('customers.write', true, ['POST /api/customer', 'PUT /api/customer/:id', 'DELETE /api/customer/:id']),
  ...scoped('licenses.read', true, ['GET /api/v1/licenses', 'GET /api/v1/licenses/:id', 'GET /api/v1/batches/:id']),
  ...scoped('customers.write', true, [
    'POST /api/v1/customers', 'PATCH /api/v1/customers/:id', 'POST /api/v1/customers/:id/validate', 'POST /api/v1/customers/:id/suspend', 'POST /api/v1/customers/:id/reactivate',
    'POST /api/v1/customers/:id/assign',
  ]),
  ...scoped('customers.delete', false, ['DELETE /api/v1/customers/:id', 'POST /api/v1/customers/:id/merge', 'POST /api/v1/customers/:id/export']),
  ...scoped('licenses.issue', true, ['POST /api/v1/licenses', 'POST /api/v1/licenses/:id/confirm', 'DELETE /api/v1/licenses/:id/activations/:activation', 'POST /api/v1/batches', 'POST /api/v1/batches/:id/stop']),
  ...scoped('licenses.write', false, [
    'PATCH /api/v1/licenses/:id', 'POST /api/v1/licenses/:id/suspend', 'POST /api/v1/licenses/:id/reactivate', 'POST /api/v1/licenses/:id/cancel', 'POST /api/v1/licenses/:id/revoke', 'POST /api/v1/licenses/:id/extend',
    'POST /api/v1/licenses/:id/change-plan', 'POST /api/v1/licenses/:id/transfer', 'POST /api/v1/licenses/:id/send-key',
  ]),
  ...scoped('keys.read', true, ['POST /api/v1/batches/:id/keys']),
  ...scoped('keys.read', true, ['POST /api/v1/licenses/:id/reveal-key']),
  ...scoped('orders.read', true, ['GET /api/v1/orders', 'GET /api/v1/orders/:id']),
  ...scoped('subscriptions.read', true, ['GET /api/v1/subscriptions', 'GET /api/v1/subscriptions/:id']),
  ...scoped('usage.read', true, ['GET /api/v1/usage', 'GET /api/v1/usage-records']),
  ...scoped('organizations.read', true, ['GET /api/v1/organizations', 'GET /api/v1/organizations/:id']),
  ...scoped('organizations.write', true, ['POST /api/v1/organizations', 'PUT /api/v1/organizations/:id', 'POST /api/v1/organizations/:id/move', 'POST /api/v1/organizations/:id/disable', 'POST /api/v1/organizations/:id/enable']),
  ...scoped('users.read', true, ['GET /api/v1/users', 'GET /api/v1/users/:id']),
  ...scoped('users.write', true, [
    'POST /api/v1/users', 'PUT /api/v1/users/:id', 'POST /api/v1/users/:id/move', 'POST /api/v1/users/:id/invite', 'POST /api/v1/users/:id/disable', 'POST /api/v1/users/:id/enable', 'POST /api/v1/users/:id/reset-totp', 'POST /api/v1/users/:id/end-sessions',
  ]),
  ...scoped('exports.read', true, [
    'GET /api/v1/exports/customers', 'GET /api/v1/exports/licenses', 'GET /api/v1/exports/orders', 'GET /api/v1/exports/subscriptions', 'GET /api/v1/exports/usage', 'GET /api/v1/exports/emails', 'GET /api/v1/exports/deliveries',
    'GET /api/v1/exports/webhook-deliveries', 'GET /api/v1/exports/organizations', 'GET /api/v1/exports/users', 'GET /api/v1/exports/audit',
  ]),
  ...scoped('products.read', false, ['GET /api/v1/products', 'GET /api/v1/products/:id', 'GET /api/v1/product-mappings', 'GET /api/v1/product-mappings/:id']),
  ...scoped('plans.read', false, ['GET /api/v1/plans', 'GET /api/v1/plans/:id']),
  ...scoped('emails.read', false, ['GET /api/v1/emails', 'GET /api/v1/emails/:id']),
  ...scoped('emails.write', false, ['POST /api/v1/emails/:id/resend', 'POST /api/v1/email-tests', 'POST /api/v1/email-retries']),
  ...scoped('deliveries.read', false, ['GET /api/v1/deliveries', 'GET /api/v1/deliveries/:id']),
  ...scoped('deliveries.write', false, ['POST /api/v1/deliveries/:id/replay', 'POST /api/v1/delivery-replays']),
  ...scoped('webhooks.read', false, ['GET /api/v1/webhook-endpoints', 'GET /api/v1/webhook-endpoints/:id', 'GET /api/v1/webhook-deliveries', 'GET /api/v1/webhook-deliveries/:id']),
  ...scoped('webhooks.write', false, [
    'POST /api/v1/webhook-endpoints', 'PUT /api/v1/webhook-endpoints/:id', 'DELETE /api/v1/webhook-endpoints/:id', 'POST /api/v1/webhook-endpoints/:id/enable', 'POST /api/v1/webhook-endpoints/:id/disable',
    'POST /api/v1/webhook-endpoints/:id/rotate-secret', 'POST /api/v1/webhook-endpoints/:id/test', 'POST /api/v1/webhook-deliveries/:id/redeliver',
  ]),
  ...scoped('providers.read', false, ['GET /api/v1/providers', 'GET /api/v1/providers/:name', 'GET /api/v1/model-aliases', 'GET /api/v1/model-aliases/:alias', 'GET /api/v1/price-versions', 'GET /api/v1/price-versions/:version']),
  ...scoped('providers.write', false, [
    'POST /api/v1/providers', 'PUT /api/v1/providers/:name', 'DELETE /api/v1/providers/:name', 'POST /api/v1/providers/:name/enable', 'POST /api/v1/providers/:name/disable', 'POST /api/v1/providers/:name/test',
    'PUT /api/v1/model-aliases/:alias', 'DELETE /api/v1/model-aliases/:alias', 'POST /api/v1/price-versions',
  ]),
  ...scoped('imports.write', false, [
    'GET /api/v1/imports', 'GET /api/v1/imports/:id', 'POST /api/v1/imports', 'POST /api/v1/imports/:id/check', 'POST /api/v1/imports/:id/start', 'POST /api/v1/imports/:id/undo', 'POST /api/v1/imports/:id/resume', 'DELETE /api/v1/imports/:id', 'GET /api/v1/imports/:id/problems',
  ]),
  ...scoped('audit.read', false, ['GET /api/v1/audit', 'GET /api/v1/audit/:id', 'GET /api/v1/audit-chain', 'POST /api/v1/audit-checks']),
  ...scoped('admin', false, ['GET /api/v1/api-tokens', 'GET /api/v1/api-tokens/:id', 'POST /api/v1/api-tokens', 'DELETE /api/v1/api-tokens/:id']),
  ...scoped('products.read', false, [
    'GET /api/v1/modules', 'GET /api/v1/modules/:id', 'GET /api/v1/unmapped-products',
  ]),
  ...scoped('plans.write', false, [
    'POST /api/v1/plans', 'PATCH /api/v1/plans/:id', 'POST /api/v1/plans/:id/archive', 'POST /api/v1/plans/:id/restore',
  ]),
  ...scoped('products.write', false, [
    'POST /api/v1/products', 'PATCH /api/v1/products/:id', 'POST /api/v1/products/:id/archive', 'POST /api/v1/products/:id/restore', 'POST /api/v1/modules', 'PATCH /api/v1/modules/:id',
    'POST /api/v1/modules/:id/archive', 'POST /api/v1/modules/:id/restore', 'POST /api/v1/product-mappings', 'DELETE /api/v1/product-mappings/:id',
  ]),
  ...scoped('licenses.read', true, [
    'GET /api/v1/licenses/:id/modules',
  ]),
  ...scoped('licenses.write', false, [
    'PUT /api/v1/licenses/:id/modules',
  ]),
  ...scoped('orders.write', false, [
    'POST /api/v1/orders/:id/replay', 'POST /api/v1/orders/:id/resend-keys',
  ]),
  ...scoped('settings.read', false, [
    'GET /api/v1/settings', 'GET /api/v1/settings/:name', 'GET /api/v1/dead-jobs',
  ]),
  ...scoped('settings.write', false, [
    'PUT /api/v1/settings/:name', 'POST /api/v1/job-retries', 'POST /api/v1/dead-jobs/:id/retry', 'DELETE /api/v1/dead-jobs/:id',
  ]),
  ...scoped('statistics.read', true, ['GET /api/v1/statistics']),
};

function rows(roles: string, pages: string[]): Record<string, string> {
  return Object.fromEntries(pages.map((page) => [page, roles]));
}

function scoped(scope: string, own: boolean, endpoints: string[]): Record<string, { scope: string; own: boolean }> {
  return Object.fromEntries(endpoints.map((endpoint) => [endpoint, { scope, own }]));
}
