<?php
/**
 * The assistant on the pages of the site: a small button at the edge of each page, or the chat within a page (block, shortcode).
 * Nothing here depends on the visitor, so that page caches may keep it; nothing here calls the server.
 *
 * @package Chatello
 */

namespace Chatello;

final class Storefront {
	const HANDLE = 'chatello-launcher';

	/** Whether something on this page wants the assistant. */
	private static $is_wanted = false;

	public static function hook(): void {
		add_action( 'wp_footer', array( self::class, 'footer' ), 5 );
		add_action( 'init', array( self::class, 'register_block' ) );
		add_shortcode( 'chatello', array( self::class, 'render' ) );
	}

	public static function register_block(): void {
		if ( is_dir( CHATELLO_DIR . '/build/block' ) ) {
			register_block_type( CHATELLO_DIR . '/build/block', array( 'render_callback' => array( self::class, 'render' ) ) );
		}
	}

	/** The chat as a part of the page, for the block and the shortcode. */
	public static function render(): string {
		if ( ! Assistant::works() || 'none' === Assistant::source() ) {
			return current_user_can( 'manage_options' ) ? '<p><em>' . esc_html__( 'Chatello: the assistant is not ready yet. Only administrators see this line; the screen “Chatello” says what is missing.', 'chatello' ) . '</em></p>' : '';
		}
		self::$is_wanted = true;
		return '<div class="chatello-inline" data-chatello-inline></div>';
	}

	/** The button, where the settings want it, and the script for whatever is on the page. */
	public static function footer(): void {
		if ( is_admin() || is_feed() || is_embed() || is_customize_preview() || 'none' === Assistant::source() || ! Assistant::works() ) {
			return;
		}
		$floating = self::is_place( State::assistant() );
		if ( ! $floating && ! self::$is_wanted ) {
			return;
		}
		// Data, not code: a strict content security policy lets it be.
		wp_print_inline_script_tag( (string) wp_json_encode( self::config( $floating ), JSON_HEX_TAG | JSON_HEX_AMP ), array( 'type' => 'application/json', 'id' => 'chatello-config' ) );
		wp_print_script_tag( array( 'type' => 'module', 'id' => self::HANDLE, 'src' => plugins_url( 'build/launcher.js', CHATELLO_FILE ) . '?ver=' . CHATELLO_VERSION ) );
	}

	private static function config( bool $floating ): array {
		$settings = State::assistant();
		return array(
			'floating' => $floating,
			'name'     => Assistant::name(),
			/* translators: %s: name of the assistant */
			'label'    => sprintf( __( 'Open the chat with %s', 'chatello' ), Assistant::name() ),
			'accent'   => $settings['accent'],
			'scheme'   => $settings['scheme'],
			'position' => $settings['position'],
			'consent'  => $settings['consent'] ? array(
				'text'   => '' === $settings['consent_text'] ? __( 'Your messages are sent to our assistant’s service, which answers with the help of AI. Please write nothing confidential.', 'chatello' ) : $settings['consent_text'],
				'agree'  => __( 'Agree and chat', 'chatello' ),
				'cancel' => __( 'Not now', 'chatello' ),
			) : null,
			'failed'   => __( 'The chat could not be loaded. Check your connection and try again.', 'chatello' ),
			'retention' => $settings['retention'],
			'locale'   => determine_locale(),
			'rest'     => rest_url( AdminApi::NAMESPACE ),
			'chat'     => plugins_url( 'build/chat.js', CHATELLO_FILE ) . '?ver=' . CHATELLO_VERSION,
		);
	}

	private static function is_place( array $settings ): bool {
		switch ( $settings['where'] ) {
			case 'everywhere':
				$is_place = true;
				break;
			case 'shop':
				$is_place = function_exists( 'is_woocommerce' ) && ( is_woocommerce() || is_cart() );
				break;
			case 'pages':
				$is_place = array() !== $settings['pages'] && is_singular() && in_array( (int) get_queried_object_id(), $settings['pages'], true );
				break;
			default:
				$is_place = false;
		}
		return (bool) apply_filters( 'chatello_show_launcher', $is_place );
	}
}
