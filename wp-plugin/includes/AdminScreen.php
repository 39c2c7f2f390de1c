<?php
/**
 * The screen "Chatello" in wp-admin. PHP gives it a place; what is seen there is src/admin.
 *
 * @package Chatello
 */

namespace Chatello;

final class AdminScreen {
	const SLUG = 'chatello';

	public static function hook(): void {
		add_action( 'admin_menu', array( self::class, 'menu' ) );
		add_filter( 'plugin_action_links_' . plugin_basename( CHATELLO_FILE ), array( self::class, 'links' ) );
		add_action( 'admin_notices', array( self::class, 'notice' ) );
	}

	public static function menu(): void {
		$page = add_menu_page( 'Chatello', 'Chatello', 'manage_options', self::SLUG, array( self::class, 'render' ), 'dashicons-format-chat', 58 );
		add_action( 'load-' . $page, static function () { add_action( 'admin_enqueue_scripts', array( self::class, 'enqueue' ) ); } );
	}

	public static function render(): void {
		echo '<div class="wrap"><div id="chatello-admin"><p>' . esc_html__( 'Loading …', 'chatello' ) . '</p><noscript>' . esc_html__( 'This screen needs JavaScript.', 'chatello' ) . '</noscript></div></div>';
	}

	public static function enqueue(): void {
		$asset = require CHATELLO_DIR . '/build/admin.asset.php';
		if ( ! wp_script_is( 'react-jsx-runtime', 'registered' ) ) {
			// WordPress 6.5 does not have it yet.
			wp_register_script( 'react-jsx-runtime', plugins_url( 'assets/react-jsx-runtime.js', CHATELLO_FILE ), array( 'react' ), CHATELLO_VERSION, true );
		}
		wp_enqueue_script( 'chatello-admin', plugins_url( 'build/admin.js', CHATELLO_FILE ), $asset['dependencies'], $asset['version'], true );
		wp_set_script_translations( 'chatello-admin', 'chatello', CHATELLO_DIR . '/languages' );
		wp_enqueue_style( 'chatello-admin', plugins_url( 'build/admin.css', CHATELLO_FILE ), array( 'wp-components' ), $asset['version'] );
		wp_style_add_data( 'chatello-admin', 'rtl', 'replace' );
		$start = array(
			'status'    => StatusReport::make(),
			'settings'  => AssistantSettings::for_admin( State::assistant() ),
			'types'     => self::types(),
			'home'      => home_url( '/' ),
			'launcher'  => plugins_url( 'build/launcher.js', CHATELLO_FILE ) . '?ver=' . CHATELLO_VERSION,
			'chat'      => plugins_url( 'build/chat.js', CHATELLO_FILE ) . '?ver=' . CHATELLO_VERSION,
			'rest'      => rest_url( AdminApi::NAMESPACE ),
			'preview'   => ChatConfig::make(),
			'colors'    => self::colors(),
			'locale'    => get_locale(),
		);
		wp_add_inline_script( 'chatello-admin', 'window.chatelloStart = ' . wp_json_encode( $start, JSON_HEX_TAG | JSON_HEX_AMP ) . ';', 'before' );
	}

	public static function links( array $links ): array {
		array_unshift( $links, '<a href="' . esc_url( admin_url( 'admin.php?page=' . self::SLUG ) ) . '">' . esc_html__( 'Settings', 'chatello' ) . '</a>' );
		return $links;
	}

	/** One sentence on the plugins screen and the dashboard while something needs the owner. From what is stored: nobody is asked. */
	public static function notice(): void {
		$screen = get_current_screen();
		if ( ! $screen || ! in_array( $screen->id, array( 'plugins', 'dashboard' ), true ) || ! AdminApi::may() ) {
			return;
		}
		$text = self::state_text( License::standing()['state'] );
		if ( '' !== $text ) {
			echo '<div class="notice notice-warning"><p>' . esc_html( $text ) . ' <a href="' . esc_url( admin_url( 'admin.php?page=' . self::SLUG ) ) . '">' . esc_html__( 'Open Chatello', 'chatello' ) . '</a></p></div>';
		}
	}

	/** What a state of the licence means for the owner; '' where there is nothing to do. */
	public static function state_text( string $state ): string {
		$texts = array(
			'none'       => __( 'Chatello is installed. Enter your licence key, and the assistant starts.', 'chatello' ),
			'inactive'   => __( 'Chatello has a licence key, but this site is not activated with it yet.', 'chatello' ),
			'unreadable' => __( 'Chatello cannot read its licence key any more, because the security keys of this site were changed. Enter the key again.', 'chatello' ),
			'moved'      => __( 'The address of this site has changed. Tell Chatello whether the site was moved or copied.', 'chatello' ),
			'refused'    => __( 'The assistant is paused, because the licence is not valid any more.', 'chatello' ),
			'unverified' => __( 'The assistant is paused, because the licence server could not be reached for 14 days.', 'chatello' ),
		);
		return $texts[ $state ] ?? '';
	}

	/** Contents that the assistant may know, as the owner calls them. */
	private static function types(): array {
		$types = array();
		foreach ( get_post_types( array( 'public' => true ), 'objects' ) as $type ) {
			if ( ! in_array( $type->name, array( 'attachment', 'product' ), true ) ) {
				$types[] = array( 'name' => $type->name, 'label' => $type->label );
			}
		}
		return $types;
	}

	/** The colours of the theme, for the choice and for the preview. */
	private static function colors(): array {
		$palette = wp_get_global_settings( array( 'color', 'palette', 'theme' ) );
		$colors  = array();
		foreach ( is_array( $palette ) ? $palette : array() as $color ) {
			if ( isset( $color['slug'], $color['name'], $color['color'] ) && preg_match( '/^#[0-9a-f]{6}$/i', $color['color'] ) ) {
				$colors[] = array( 'slug' => $color['slug'], 'name' => $color['name'], 'color' => strtolower( $color['color'] ) );
			}
		}
		return $colors;
	}
}
