import type { Deps } from '../deps.ts';
import { pruneImports } from '../imports/delete-import.ts';
import { pruneWebhooks } from '../webhooks/prune-webhooks.ts';

const dayMs = 24 * 60 * 60 * 1000;

/** Deletes what has served its time: ended sessions, old login failures, idempotency keys after two days, webhooks after WEBHOOK_RETENTION_DAYS, visitor tokens a day after their end (until then their holders are told that they have expired), answers of the cache, files of imports after a month, and what buyers signed in with. */
export async function pruneExpired({ db, config, now }: Deps): Promise<void> {
  await db.deleteFrom('sessions').where('expires_at', '<', now()).execute();
  await db.deleteFrom('login_attempts').where('updated_at', '<', now() - dayMs).execute();
  await db.deleteFrom('idempotency_keys').where('created_at', '<', now() - 2 * dayMs).execute();
  await pruneWebhooks(db, config.WEBHOOK_RETENTION_DAYS, now());
  await db.deleteFrom('visitor_tokens').where('expires_at', '<', now() - dayMs).execute();
  await db.deleteFrom('user_links').where('expires_at', '<', now()).execute();
  await db.deleteFrom('sign_in_links').where('expires_at', '<', now()).execute();
  await db.deleteFrom('account_sessions').where('expires_at', '<', now()).execute();
  await db.deleteFrom('request_counts').where('window_start', '<', now() - dayMs).execute();
  await db.deleteFrom('checkout_claims').where('expires_at', '<', now() - dayMs).execute();
  await db.deleteFrom('response_cache').where('expires_at', '<', now()).execute();
  await pruneImports(db, now());
}
