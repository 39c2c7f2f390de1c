<?php
/**
 * Plugin Name:       Chatello
 * Description:       An assistant that knows your shop: it answers shoppers' questions from your own products and pages.
 * Version:           0.1.0
 * Requires at least: 6.5
 * Requires PHP:      7.4
 * Author:            Chatello
 * License:           GPL-2.0-or-later
 * License URI:       https://www.gnu.org/licenses/gpl-2.0.html
 * Text Domain:       chatello
 * Domain Path:       /languages
 *
 * @package Chatello
 */

defined( 'ABSPATH' ) || exit;

define( 'CHATELLO_VERSION', '0.1.0' );
define( 'CHATELLO_FILE', __FILE__ );
define( 'CHATELLO_DIR', __DIR__ );
// The server that sold the licence. `npm run plugin:zip` puts the vendor's own address here; a site overrides it with CHATELLO_API_URL.
define( 'CHATELLO_DEFAULT_API_URL', 'http://127.0.0.1:5010' );

/** Says why the plugin stays quiet on a WordPress or PHP that is too old: WordPress itself checks at activation only, not after a copy of files. */
function chatello_too_old_notice() {
	/* translators: 1: version of WordPress, 2: version of PHP */
	$text = sprintf( __( 'Chatello needs WordPress 6.5 and PHP 7.4 or later; this site has WordPress %1$s and PHP %2$s. Update them, and Chatello starts by itself. Nothing else on your site is affected.', 'chatello' ), get_bloginfo( 'version' ), PHP_VERSION );
	echo '<div class="notice notice-warning"><p>' . esc_html( $text ) . '</p></div>';
}

if ( version_compare( preg_replace( '/-.*$/', '', $GLOBALS['wp_version'] ), '6.5', '<' ) || PHP_VERSION_ID < 70400 ) {
	add_action( 'admin_notices', 'chatello_too_old_notice' );
	return;
}

spl_autoload_register(
	static function ( $class_name ) {
		if ( 0 === strpos( $class_name, 'Chatello\\' ) ) {
			$file = CHATELLO_DIR . '/includes/' . str_replace( '\\', '/', substr( $class_name, 9 ) ) . '.php';
			if ( is_readable( $file ) ) {
				require $file;
			}
		}
	}
);

Chatello\Plugin::start();
