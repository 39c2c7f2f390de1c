import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { after, it } from 'node:test';
import { providerKeyAad, settingsOfRow } from '../../server/ai/catalog/stored-providers.ts';
import { parseConfig } from '../../server/config.ts';
import { closeDatabase, openDatabase, transact, type Db } from '../../server/db/database.ts';
import { openProviderKey, sealProviderKey } from '../../server/ai/own-keys/seal-provider-key.ts';
import { changeAiSettings } from '../../server/ai/settings/change-ai-settings.ts';
import { findAiSettings } from '../../server/ai/settings/find-ai-settings.ts';
import { rulesOf } from '../../server/ai/settings/seal-prompt.ts';
import { answerOnce } from '../../server/idempotency/answer-once.ts';
import { findHead } from '../../server/imports/import-lines.ts';
import { receiveImport } from '../../server/imports/receive-import.ts';
import { grantLicense } from '../../server/licenses/grant-license.ts';
import { licenseKeyAad } from '../../server/licenses/issue-license.ts';
import { resealLicenseKeys } from '../../server/licenses/reseal-keys.ts';
import { createAdmin } from '../../server/users/create-admin.ts';
import { beginTotp } from '../../server/users/totp.ts';
import { validateLicense } from '../../server/licenses/validate-license.ts';
import { openVault, type Vault } from '../../server/vault.ts';
import { signingSecrets } from '../../server/webhooks/endpoint-secrets.ts';
import { addEndpoint } from '../../server/webhooks/manage-endpoints.ts';
import { chatello } from '../command-line.ts';
import { createTestDatabase, onBothDatabases, type TestDatabase } from '../harness.ts';

const by = { actor: 'test' };
const now = Date.now();
const oldKey = `old:${randomBytes(32).toString('base64')}`;
const newKey = `new:${randomBytes(32).toString('base64')}`;
const token = { ADMIN_API_TOKEN: 'an-api-token-of-sufficient-length' };
const keysOf = (text: string) => parseConfig({ ENCRYPTION_KEYS: text }).ENCRYPTION_KEYS ?? [];

onBothDatabases('the rotation of the encryption keys', (engine) => {
  let database: TestDatabase;
  let db: Db;
  const issued: { id: string; key: string }[] = [];
  after(async () => {
    await closeDatabase(db);
    await database.drop();
  });
  const vaultUnder = (keys: string): Promise<Vault> => openVault(db, keysOf(keys), now);
  let webhookSecret: string | undefined;
  let importId = '';
  let totpSecret: string | undefined;
  const ciphers = () => db.selectFrom('licenses').select(['id', 'key_id', 'key_cipher']).execute();
  const answer = (vault: Vault, body: unknown) => answerOnce(db, vault, { scope: 'test', key: 'once', body: 'same' }, now, async () => ({ status: 201, body }));

  it('begins with licences under the old key', async () => {
    database = await createTestDatabase(engine);
    assert.equal((await chatello(database, ['migrate'], { ...token, ENCRYPTION_KEYS: oldKey })).code, 0);
    db = openDatabase(database.url, database.dataDir);
    const vault = await vaultUnder(oldKey);
    for (let count = 0; count < 25; count += 1) {
      const { license, key } = await transact(db, (trx) => grantLicense(trx, vault, { customer: { email: `a${count}@example.com` }, plan: 'pro', months: 1 }, by, now));
      issued.push({ id: license.id, key });
    }
    await answer(vault, { license_key: 'the first answer' });
    webhookSecret = await addEndpoint(db, vault, 'endpoint', { url: 'https://example.com/', description: null, events: ['*'] }, by, now);
    const place = { license_id: issued[0]?.id ?? '', provider: 'openai' };
    await db.insertInto('provider_keys').values({ id: 'k1', ...place, ...sealProviderKey(vault, place, 'sk-customer'), base_url: null, key_hint: '', tested_at: now, created_at: now, updated_at: now }).execute();
    const sealed = vault.seal('sk-vendor', providerKeyAad('p1'));
    await db.insertInto('ai_providers').values({ id: 'p1', name: 'ours', title: 'Ours', kind: 'openai', base_url: 'https://example.com', key_cipher: sealed.cipher, key_id: sealed.keyId, key_hint: '', default_model: null, is_enabled: 1, position: 0, created_at: now, updated_at: now }).execute();
    await transact(db, (trx) => changeAiSettings(trx, vault, place.license_id, { systemPrompt: 'Be brief.' }, by, now));
    const received = await receiveImport({ db, vault, now: () => now }, { stream: (async function* () { yield Buffer.from('email\na@example.com\n'); })(), fileName: 'a.csv' }, by);
    importId = 'importId' in received ? received.importId : '';
    const { user } = await createAdmin(db, { email: 'admin@example.com', password: 'one-time-password' }, by, now);
    totpSecret = (await beginTotp(db, vault, user.id, now)).secret;
    await db.insertInto('response_cache').values({ license_id: place.license_id, digest: Buffer.from('x'), content_type: 'text/plain', provider: 'openai', model: 'gpt', answer_cipher: Buffer.from('x'), key_id: 'old', bytes: 1, created_at: now, expires_at: now + 1 }).execute();
    assert.deepEqual(new Set((await ciphers()).map(({ key_id }) => key_id)), new Set(['old']));
  });

  it('goes on where it broke off, in batches, and says how far it is', async () => {
    const both = await vaultUnder(`${newKey},${oldKey}`);
    assert.equal(await resealLicenseKeys(db, both, 7), 7);
    const { code, stdout, stderr } = await chatello(database, ['rotate-keys', '--json', '--batch', '10'], { ...token, ENCRYPTION_KEYS: `${newKey},${oldKey}` });
    assert.deepEqual([code, JSON.parse(stdout)], [0, { key_id: 'new', licenses: 19, answers: 1, provider_keys: 1, prompts: 1, cached: 1, ai_providers: 1, imports: 2, totp: 1, webhooks: 1, unused_keys: ['old'] }]);
    assert.match(stderr, /^licences: 10 of 19\nlicences: 19 of 19\n/);
  });

  it('leaves nothing that needs the old key: keys open, validate and are answered again under the new one alone', async () => {
    const vault = await vaultUnder(newKey);
    for (const { id, key_id: keyId, key_cipher: cipher } of await ciphers()) {
      const known = issued.find((license) => license.id === id);
      const key = vault.open({ keyId, cipher }, licenseKeyAad(id));
      if (known) assert.equal(key, known.key);
    }
    for (const { id, key } of issued) {
      const { verdict, license } = await validateLicense(db, vault, { key }, by, now);
      assert.deepEqual([verdict.code, license?.id], ['VALID', id]);
    }
    assert.equal(openProviderKey(vault, await db.selectFrom('provider_keys').selectAll().executeTakeFirstOrThrow()), 'sk-customer');
    assert.equal(settingsOfRow(await db.selectFrom('ai_providers').selectAll().executeTakeFirstOrThrow(), vault).apiKey, 'sk-vendor');
    assert.equal(rulesOf(vault, issued[0]?.id ?? '', await findAiSettings(db, issued[0]?.id ?? '')), 'Be brief.');
    const person = await db.selectFrom('users').selectAll().executeTakeFirstOrThrow();
    assert.equal((await beginTotp(db, vault, person.id, now)).secret, totpSecret);
    assert.deepEqual((await answer(vault, 'another answer')).body, { license_key: 'the first answer' });
    assert.deepEqual((await findHead(db, vault, importId))?.columns, ['email']);
    const endpoint = await db.selectFrom('webhook_endpoints').selectAll().executeTakeFirstOrThrow();
    assert.deepEqual(signingSecrets(vault, endpoint, now), [webhookSecret]);
    await assert.rejects(vaultUnder(oldKey), /set up under the encryption key "new"/);
  });

  it('has nothing more to do when it is run again', async () => {
    const { stdout } = await chatello(database, ['rotate-keys', '--json'], { ...token, ENCRYPTION_KEYS: newKey });
    assert.deepEqual(JSON.parse(stdout), { key_id: 'new', licenses: 0, answers: 0, provider_keys: 0, prompts: 0, cached: 0, ai_providers: 0, imports: 0, totp: 0, webhooks: 0, unused_keys: [] });
  });

  it('does not open a ciphertext that was moved to another row, changed, or put under another key id', async () => {
    const vault = await vaultUnder(newKey);
    const [first, second] = await ciphers();
    assert.ok(first && second);
    await db.updateTable('licenses').set({ key_cipher: first.key_cipher }).where('id', '=', second.id).execute();
    const moved = (await ciphers()).find(({ id }) => id === second.id);
    assert.ok(moved);
    assert.throws(() => vault.open({ keyId: moved.key_id, cipher: moved.key_cipher }, licenseKeyAad(moved.id)));
    const changed = Buffer.from(first.key_cipher);
    changed[changed.length - 1] = (changed.at(-1) ?? 0) ^ 1;
    assert.throws(() => vault.open({ keyId: first.key_id, cipher: changed }, licenseKeyAad(first.id)));
    assert.throws(() => vault.open({ keyId: 'old', cipher: first.key_cipher }, licenseKeyAad(first.id)), /ENCRYPTION_KEYS lacks the key "old"/);
    await db.updateTable('licenses').set({ key_id: 'old' }).where('id', '=', second.id).execute();
    const { code, stderr } = await chatello(database, ['rotate-keys'], { ...token, ENCRYPTION_KEYS: newKey });
    assert.deepEqual([code, stderr], [1, 'ENCRYPTION_KEYS lacks the key "old" under which a secret was stored\n']);
  });
});
