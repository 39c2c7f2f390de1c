<?php
/**
 * What happens when the plugin is deleted.
 *
 * @package Chatello
 */

namespace Chatello;

final class Uninstall {
	public static function run(): void {
		if ( ! is_multisite() ) {
			self::clean_site();
			return;
		}
		foreach ( get_sites( array( 'fields' => 'ids', 'number' => 0 ) ) as $id ) {
			switch_to_blog( $id );
			self::clean_site();
			restore_current_blog();
		}
		delete_site_option( Network::KEY_OPTION );
	}

	private static function clean_site(): void {
		global $wpdb;
		$stored = State::license();
		$key    = License::key();
		if ( is_string( $key ) && '' !== $key && '' !== $stored['site'] && ! Move::is_moved() ) {
			ApiClient::call( 'POST', '/api/v1/licenses/deactivate', $key, array( 'domain' => $stored['site'] ), 4 );
		}
		License::forget();
		delete_option( State::ASSISTANT );
		$wpdb->query( "DELETE FROM {$wpdb->options} WHERE option_name LIKE '\\_transient\\_chatello\\_%' OR option_name LIKE '\\_transient\\_timeout\\_chatello\\_%'" ); // phpcs:ignore
		wp_cache_flush();
	}
}
