import assert from 'node:assert/strict';
import path from 'node:path';
import { it } from 'node:test';
import { analysePhp } from '../support/php-analysis.ts';

// What WordPress's stubs do not have, by design: WooCommerce's and WP-CLI's own, and constants of wp-config.php.
const elsewhere = /'(?:Chatello\\)?(?:wc_\w+|get_woocommerce_\w+|is_woocommerce|is_cart|WP_CLI|WP_HOME|CHATELLO_API_URL|CHATELLO_LICENSE_KEY|Automattic\\WooCommerce\\\S+)'/;

it('the PHP calls nothing that PHP 7.4, WordPress or the plugin itself does not have', async () => {
  const found = await analysePhp(path.resolve(import.meta.dirname, '../..'));
  assert.ok(found.some((text) => text.includes('wc_get_product')), 'the analysis sees what is undefined');
  assert.deepEqual(found.filter((text) => !elsewhere.test(text)), []);
});
