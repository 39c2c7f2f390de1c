<?php
/**
 * The ordered list of what the plugin hooks into WordPress.
 *
 * @package Chatello
 */

namespace Chatello;

final class Plugin {
	public static function start(): void {
		register_activation_hook( CHATELLO_FILE, array( Schedule::class, 'start' ) );
		register_deactivation_hook( CHATELLO_FILE, array( Schedule::class, 'stop' ) );
		add_action( 'init', array( self::class, 'load_translations' ), 1 );
		Schedule::hook();
		AdminApi::hook();
		ShopperApi::hook();
		Storefront::hook();
		SiteHealth::hook();
		Privacy::hook();
		Network::hook();
		add_action( 'before_woocommerce_init', array( self::class, 'declare_compatibility' ) );
		if ( defined( 'WP_CLI' ) && WP_CLI ) {
			Cli::hook();
		}
		if ( is_admin() ) {
			AdminScreen::hook();
		}
	}

	public static function load_translations(): void {
		load_plugin_textdomain( 'chatello', false, basename( CHATELLO_DIR ) . '/languages' );
	}

	/** Orders are only read, by WooCommerce's own functions; cart and checkout are left as they are. */
	public static function declare_compatibility(): void {
		if ( class_exists( \Automattic\WooCommerce\Utilities\FeaturesUtil::class ) ) {
			\Automattic\WooCommerce\Utilities\FeaturesUtil::declare_compatibility( 'custom_order_tables', CHATELLO_FILE, true );
			\Automattic\WooCommerce\Utilities\FeaturesUtil::declare_compatibility( 'cart_checkout_blocks', CHATELLO_FILE, true );
		}
	}
}
