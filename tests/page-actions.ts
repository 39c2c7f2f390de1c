// What people do on the pages, as tests/e2e/every-action.test.ts does it in a browser as each role that may. A page with a new form needs
// a line here for it, or that test fails.

/**
 * One thing that is done: the page is opened (`at`; left out, the page with the address of the form; `here`, the one that shows), the form
 * that goes to `row` is filled in by the names of its fields, its button is pressed, and then the page says `says`. `true` ticks a box or
 * chooses a radio button by its value after the `=` of the name; of a select the text is the value, or its number with a # before it.
 * `only`: what one does for all, each has to do at a time of its own. Words with a colon before them are filled in from the World of the role.
 */
export type Action = { row: string; says: string | RegExp; at?: string; fill?: Record<string, string | true>; download?: true; by?: string; only?: string };

const action = (row: string, says: Action['says'], more: Omit<Action, 'row' | 'says'> = {}): Action => ({ row, says, ...more });
const why = { reason: 'Asked for on the telephone' };
const license = '/licenses/:license';
const csv = 'License Key,Status,Customer Email,Customer Name,Download,Activation Limit,Active URLs,Date Created,Expiration\n5d41402abc4b2a76b9719d911017c592,active,old@example.org,Old Customer,Chatello Pro,3,,2024-05-01,2027-05-01\n';
/** The file of an import. `name` makes it another one each time. */
export const importFile = (name: string) => ({ name: `${name}.csv`, mimeType: 'text/csv', buffer: Buffer.from(csv.replaceAll('old@', `${name}@`).replace('5d41402a', Buffer.from(name.padEnd(4)).toString('hex').slice(0, 8))) });

/** In four parts: what one part begins, the next goes on with after the jobs have run. */
export const actions: Action[][] = [
  [
    // What is found and taken away
    ...['customers', 'licenses', 'orders', 'subscriptions'].map((list) => action(`GET /${list}`, list === 'licenses' ? ':ending' : ':name', { at: `/${list}`, fill: { q: ':email' } })),
    action('GET /search', ':name', { at: '/', fill: { q: ':email' } }),
    ...['customers', 'licenses', 'orders', 'subscriptions', 'emails', 'deliveries', 'webhooks', 'audit'].map((list) => action(`GET /exports/${list}`, '', { at: `/${list}`, download: true })),
    action('GET /usage/licenses', /canary\w+ name/, { at: '/usage/licenses', fill: { order: 'cost' } }),
    action('GET /audit', 'Signed in', { at: '/audit', fill: { entity: 'user' } }),
    action('GET /prices', 'openai-compatible', { at: '/prices', fill: { q: 'openai' } }),
    // Everybody
    action('POST /licenses/:id/reveal', /CHA(-[0-9A-Z]{4}){4}/, { at: license }),
    action('POST /licenses/:id/sites/:site/release', 'The site has been released.'),
    // Sellers
    action('POST /new-customer', 'The customer is added.', { fill: { email: 'new-:role@shop.example', name: 'Nora Neri' } }),
    action('POST /customers/:id/edit', 'The changes are saved.', { fill: { company: 'Caffè Neri S.n.c.' } }),
    action('POST /new-license', 'The licence is ready', { fill: { email: 'new-:role@shop.example', 'plan=starter': true } }),
    action('POST /new-licenses', 'Making licences', { fill: { count: '2', email: 'new-:role@shop.example' } }),
    action('POST /batches/:id/stop', 'Stopped', { at: 'here' }),
    action('POST /new-licenses', 'Making licences', { fill: { count: '2', email: 'new-:role@shop.example' } }),
    // Those who manage others
    action('POST /organizations/new', 'The organisation has been added.', { at: '/organizations/new?parent=:node', fill: { name: 'Casa :role' } }),
    action('POST /organizations/:id', 'Saved.', { at: '/organizations/:below', fill: { quota: '5' } }),
    action('POST /users/new', 'The invitation is on its way.', { fill: { email: 'guest-:role@firm.example', name: 'Gino Guest', place: ':below' } }),
    action('POST /users/:id/invite', 'The invitation is on its way.', { at: '/users/:guest' }),
    action('POST /users/:id', 'Saved.', { at: '/users/:member', fill: { name: 'Mara Member' } }),
    action('POST /users/:id/sessions/:handle/end', 'Ended.', { at: '/users/:member' }),
    action('POST /users/:id/sessions/end', 'Ended.', { at: '/users/:member' }),
    action('POST /users/:id/place', 'The role has been changed.', { at: '/users/:member', fill: { place: ':below' } }),
    action('POST /users/:id/reset-totp', 'The authenticator app has been taken away.', { at: '/users/:member/reset-totp' }),
    action('POST /users/:id/disable', 'Disabled.', { at: '/users/:member/disable' }),
    action('POST /users/:id/enable', 'Enabled.', { at: '/users/:member' }),
    action('POST /organizations/:id/move', 'The organisation has been moved.', { at: '/organizations/:movable/move?parent=:elsewhere' }),
    action('POST /organizations/:id/disable', 'Disabled.', { at: '/organizations/:below/disable' }),
    action('POST /organizations/:id/enable', 'Enabled.', { at: '/organizations/:below' }),
    action('POST /licenses/:id/confirm', 'The licence is confirmed.', { at: '/licenses/:waiting/confirm', fill: why }),
    action('POST /customers/:id/validate', 'The customer is validated.', { at: '/customers/:pending/validate' }),
    action('POST /customers/:id/suspend', 'The customer is suspended.', { fill: why }),
    action('POST /customers/:id/reactivate', 'The customer is reactivated.', { fill: why }),
    action('POST /customers/bulk', 'Suspending customers', { at: '/customers/bulk?action=suspend&rows=ticked&row.:pending=1', fill: why }),
    // The operator's people
    action('POST /audit/verify', 'Has anybody changed this log?', { at: '/audit' }),
    action('POST /emails/templates/:template/:language', 'The test was handed to the mail server.', { at: '/emails/templates/purchase/en', fill: { email: 'test@operator.example' } }),
    action('POST /emails/:id/resend', 'The message is on its way.', { at: '/emails/:message' }),
    action('POST /emails/retry', 'E-mails that are sent again', { only: 'S' }),
    action('POST /orders/:id/resend-keys', 'The keys are on their way', { at: '/orders/:sale' }),
    // Licences and customers
    ...(['suspend', 'reactivate', 'cancel', 'reactivate'] as const).map((name) => action(`POST /licenses/:id/${name}`, { suspend: 'The licence is suspended.', reactivate: 'The licence is active again.', cancel: 'The licence is cancelled.' }[name], { fill: why })),
    action('POST /licenses/:id/extend', 'The licence is extended.', { fill: { months: '3', ...why } }),
    action('POST /licenses/:id/plan', 'The plan is changed.', { fill: { 'plan=pro': true, ...why } }),
    action('POST /licenses/:id/limits', 'The limits are saved.', { fill: { max_sites: '7', ...why } }),
    action('POST /licenses/:id/modules', 'The modules are changed', { fill: { 'module.white_label': true, ...why } }),
    action('POST /licenses/:id/send-key', 'The key is on its way to the customer.', { at: license }),
    action('POST /licenses/:id/unlock', 'The domain lock has been removed.', { at: '/licenses/:locked' }),
    action('POST /licenses/bulk', 'Suspending licences', { at: '/licenses/bulk?action=suspend&rows=ticked&row.:locked=1', fill: why }),
    action('POST /licenses/:id/transfer', 'The licence belongs to its new customer.', { fill: { email: ':otherEmail', ...why } }),
    action('POST /licenses/:id/revoke', 'The licence is revoked.', { at: '/licenses/:locked/revoke', fill: why }),
    action('POST /customers/:id/export', '', { at: '/customers/:customer', download: true }),
    action('POST /customers/:id/merge', 'The two customers are one now.', { at: '/customers/:customer/merge?from=:otherEmail' }),
    action('POST /customers/:id/delete', 'The customer is erased.', { at: '/customers/:gone/delete', fill: { email: ':goneEmail' } }),
    action('POST /orders/:id/replay', 'The order is being processed again.', { at: '/orders/:sale' }),
    // What is sold
    action('POST /products/new', 'The product is added.', { fill: { name: 'Bookings', code: 'bookings' } }),
    action('POST /products/:code', 'The product is saved.', { at: '/products/bookings', fill: { name: 'Bookings and tables' } }),
    action('POST /products/:code/archive', 'The product is archived.', { at: '/products/bookings' }),
    action('POST /modules/new', 'The module is added.', { fill: { name: 'Voice', code: 'voice' } }),
    action('POST /modules/:code', 'The module is saved.', { at: '/modules/voice', fill: { description: 'In and out' } }),
    action('POST /modules/:code/archive', 'The module is archived.', { at: '/modules/voice' }),
    action('POST /plans/new', 'The plan is added.', { fill: { name: 'Studio', code: 'studio' } }),
    action('POST /plans/:code', 'The plan is saved.', { at: '/plans/studio', fill: { max_output_tokens: '500' } }),
    action('POST /plans/:code/edit', 'The plan is saved.', { at: '/plans/studio/edit', fill: { name: 'Atelier' } }),
    action('POST /plans/:code/archive', 'The plan is archived.', { at: '/plans/studio/archive' }),
    action('POST /mappings/edit', 'The product is mapped.', { fill: { provider: 'woocommerce', external_id: 'MUG-1', 'plan=none': true } }),
    action('POST /mappings/:id/remove', 'The mapping is removed.', { at: '/mappings/:mapping/remove' }),
    // The AI
    action('POST /providers/new', 'The provider is set up.', { fill: { kind: 'openai-compatible', title: 'Own server', name: 'own', base_url: 'http://127.0.0.1:9/v1', no_key: true } }),
    action('POST /providers/:name', 'The provider is changed', { at: '/providers/own', fill: { title: 'Our own server' } }),
    action('POST /providers/:name/test', 'Our own server', { at: '/providers', by: '/own/' }),
    action('POST /providers/:name/disable', 'The provider is switched off.', { at: '/providers', by: '/own/' }),
    action('POST /providers/:name/enable', 'The provider is switched on.', { at: '/providers', by: '/own/' }),
    action('POST /providers/:name/remove', 'The provider is removed.', { at: '/providers/own/remove' }),
    action('POST /aliases/new', 'The alias is saved', { fill: { alias: 'chatello-new', 'model.0': 'gpt-5.4' } }),
    action('POST /aliases/:alias', 'The alias is saved', { at: '/aliases/chatello-new', fill: { 'model.1': 'gpt-5.4-mini' } }),
    action('POST /aliases/:alias/remove', 'The alias is removed.', { at: '/aliases', by: 'chatello-new' }),
    action('POST /prices/change', 'The new price table is saved.', { at: '/prices/change', fill: { provider: 'openai', model: 'gpt-next', input: '1', output: '2' } }),
    action('POST /prices/new', 'Save', { at: '/prices/new?from=:prices', fill: { note: 'From a file' } }),
    action('POST /prices/new', 'The new price table is saved.', { at: 'here' }),
    // Messages
    action('POST /deliveries/:id/replay', 'The delivery is being processed again.', { at: '/deliveries/:delivery' }),
    action('POST /webhooks/new', /whsec_/, { fill: { url: 'https://hooks.invalid/new' } }),
    action('POST /webhooks/:id/edit', 'The endpoint has been changed.', { at: '/webhooks/:endpoint/edit', fill: { description: 'For the books' } }),
    action('POST /webhooks/:id/rotate', /whsec_/, { at: '/webhooks/:endpoint' }),
    action('POST /webhooks/:id/test', 'The test event is on its way.', { at: '/webhooks/:endpoint' }),
    action('POST /webhooks/deliveries/:delivery/redeliver', 'The event is being delivered again.', { at: 'here' }),
    action('POST /webhooks/:id/disable', 'The endpoint is disabled.', { at: '/webhooks/:endpoint' }),
    action('POST /webhooks/:id/enable', 'The endpoint is enabled.', { at: '/webhooks/:endpoint' }),
    action('POST /webhooks/:id/delete', 'The endpoint has been deleted.', { at: '/webhooks/:endpoint/delete' }),
    // Administration
    action('POST /tokens/new', /cha_\w+|Copy/, { fill: { name: 'Books', 'scope.orders.read': true } }),
    action('POST /tokens/:id/revoke', 'The token has been revoked.', { at: '/tokens/:token/revoke' }),
    action('POST /settings', 'The settings are saved.', { fill: { VENDOR_NAME: 'Nuvola Software' } }),
    action('POST /system/jobs/:id/retry', 'The job runs again.', { at: '/system', by: ':retried' }),
    action('POST /system/jobs/:id/delete', 'The job is deleted.', { at: '/system/jobs/:job/delete' }),
    action('POST /system/retry', 'Jobs that run again:', { at: '/system' }),
    action('POST /imports', 'What the columns are', { at: '/imports/new', fill: { file: 'away' } }),
    action('POST /imports/:id/discard', 'The file has been thrown away.', { at: '/imports/:import/discard' }),
    action('POST /imports', 'What the columns are', { at: '/imports/new', fill: { file: 'kept' } }),
    action('POST /imports/:id/mapping', 'What the values mean', { at: 'here' }),
    action('POST /imports/:id/values', 'Dry run', { at: 'here', fill: { product_0: 'chatello', default_plan: 'pro' } }),
  ],
  [
    action('POST /emails/retry', 'E-mails that are sent again', { only: 'U' }),
    action('POST /batches/:id/keys', '', { at: '/batches/:batch', download: true }),
    action('POST /customers/:id/assign', 'The customer is assigned.', { fill: { organization: ':below', ...why } }),
    action('POST /imports/:id/start', 'Importing', { at: '/imports/:import' }),
    action('POST /imports/:id/resume', 'Importing', { at: '/imports/:stopped' }),
  ],
  [action('POST /imports/:id/undo', 'Undoing', { at: '/imports/:import/undo', fill: why })],
];
