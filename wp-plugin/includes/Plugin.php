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
		if ( is_admin() ) {
			AdminScreen::hook();
		}
	}

	public static function load_translations(): void {
		load_plugin_textdomain( 'chatello', false, basename( CHATELLO_DIR ) . '/languages' );
	}
}
