<?php
/**
 * What the plugin tells WordPress's privacy tools. It stores nothing about persons: conversations stay in the shopper's browser, and
 * the counters against abuse have no names and end after ten minutes.
 *
 * @package Chatello
 */

namespace Chatello;

final class Privacy {
	public static function hook(): void {
		add_filter( 'wp_privacy_personal_data_exporters', array( self::class, 'exporters' ) );
		add_filter( 'wp_privacy_personal_data_erasers', array( self::class, 'erasers' ) );
		add_action( 'admin_init', array( self::class, 'policy' ) );
	}

	public static function exporters( array $exporters ): array {
		$exporters['chatello'] = array(
			'exporter_friendly_name' => 'Chatello',
			'callback'               => static function () { return array( 'data' => array(), 'done' => true ); },
		);
		return $exporters;
	}

	public static function erasers( array $erasers ): array {
		$erasers['chatello'] = array(
			'eraser_friendly_name' => 'Chatello',
			'callback'             => static function () {
				return array( 'items_removed' => false, 'items_retained' => false, 'messages' => array( __( 'Chatello stores nothing about persons on this site: conversations are kept in the shopper’s own browser only.', 'chatello' ) ), 'done' => true );
			},
		);
		return $erasers;
	}

	/** A suggestion for the privacy policy, with the settings as they are. */
	public static function policy(): void {
		if ( ! function_exists( 'wp_add_privacy_policy_content' ) ) {
			return;
		}
		$settings = State::assistant();
		$host     = 'own' === Assistant::source() ? array( 'openai' => 'OpenAI', 'anthropic' => 'Anthropic', 'deepseek' => 'DeepSeek' )[ $settings['provider'] ] : (string) wp_parse_url( ApiClient::base_url(), PHP_URL_HOST );
		$texts    = array(
			/* translators: %s: host name or company */
			sprintf( __( 'When you write to our shop assistant, your messages are sent to %s, which has them answered by an AI provider. An anonymous number, made of your address and browser and changed every day, protects against abuse.', 'chatello' ), $host ),
			'tab' === $settings['retention'] ? __( 'The conversation is kept in your browser until you close the tab. We do not store it.', 'chatello' ) : __( 'The conversation is kept in your browser for the time set here, at most 30 days. You can delete it in the chat at any time. We do not store it.', 'chatello' ),
			$settings['voice'] && 'api' === Assistant::source() ? __( 'Where your browser cannot do it, your recording is sent to the same service to be turned into text, and the text of an answer to be spoken; only when you press the button.', 'chatello' ) : '',
			$settings['voice'] ? __( 'If you speak to the assistant, your browser turns your speech into text; depending on the browser, its maker’s servers do it.', 'chatello' ) : '',
		);
		wp_add_privacy_policy_content( 'Chatello', '<p class="privacy-policy-tutorial">' . esc_html__( 'Adjust this to what your vendor tells you about the AI providers in use.', 'chatello' ) . '</p><p>' . implode( '</p><p>', array_map( 'esc_html', array_filter( $texts ) ) ) . '</p>' );
	}
}
