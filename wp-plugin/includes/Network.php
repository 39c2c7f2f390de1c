<?php
/**
 * Multisite: a key for the whole network, which each site activates for itself in cron.
 *
 * @package Chatello
 */

namespace Chatello;

final class Network {
	const KEY_OPTION = 'chatello_network_key';
	const ACTION     = 'chatello_network';

	public static function hook(): void {
		if ( is_multisite() ) {
			add_action( 'network_admin_menu', array( self::class, 'menu' ) );
			add_action( 'network_admin_edit_' . self::ACTION, array( self::class, 'save' ) );
		}
		add_action( 'admin_init', array( self::class, 'plan_activation' ) );
	}

	public static function menu(): void {
		add_submenu_page( 'settings.php', 'Chatello', 'Chatello', 'manage_network_options', self::ACTION, array( self::class, 'render' ) );
	}

	public static function render(): void {
		$hint = substr( (string) Secrets::open( (string) get_site_option( self::KEY_OPTION, '' ) ), -4 );
		echo '<div class="wrap"><h1>Chatello</h1><form method="post" action="' . esc_url( network_admin_url( 'edit.php?action=' . self::ACTION ) ) . '">';
		wp_nonce_field( self::ACTION );
		echo '<table class="form-table" role="presentation"><tr><th scope="row"><label for="chatello-key">' . esc_html__( 'Licence key', 'chatello' ) . '</label></th><td><input id="chatello-key" name="key" type="text" class="regular-text code" autocomplete="off" placeholder="' . esc_attr( '' === $hint ? 'CHA-XXXX-XXXX-XXXX-XXXX' : '…' . $hint ) . '"><p class="description">' . esc_html__( 'For all sites of the network that have no key of their own. Each of them takes one place of the plan. Save it empty to remove it.', 'chatello' ) . '</p></td></tr></table>';
		submit_button();
		echo '</form></div>';
	}

	public static function save(): void {
		check_admin_referer( self::ACTION );
		if ( ! current_user_can( 'manage_network_options' ) ) {
			wp_die( esc_html__( 'You may not change this.', 'chatello' ), 403 );
		}
		$key = License::tidy( isset( $_POST['key'] ) ? sanitize_text_field( wp_unslash( $_POST['key'] ) ) : '' );
		update_site_option( self::KEY_OPTION, Secrets::seal( $key ) );
		wp_safe_redirect( network_admin_url( 'settings.php?page=' . self::ACTION . '&updated=true' ) );
		exit;
	}

	/** A key from wp-config.php or the network needs nobody to press a button: cron activates the site. */
	public static function plan_activation(): void {
		if ( in_array( License::key_source(), array( 'constant', 'network' ), true ) && '' === State::license()['site'] && ! wp_next_scheduled( Schedule::HOOK ) ) {
			wp_schedule_single_event( time(), Schedule::HOOK );
		}
	}
}
