<?php
/**
 * What can be wrong between this site and the assistant, each with the way out. Asks the server: not for pages.
 *
 * @package Chatello
 */

namespace Chatello;

final class Doctor {
	/** {title, ok, text} for each examination. */
	public static function examine(): array {
		$status = StatusReport::make();
		$health = ApiClient::call( 'GET', '/api/health', '', null, 5 );
		$source = Assistant::source();
		return array(
			self::result( __( 'Licence server', 'chatello' ), $health['ok'], $health['ok'] ? ApiClient::base_url() : $health['message'] ),
			self::result( __( 'Licence', 'chatello' ), 'active' === $status['state'], self::license_text( $status ) ),
			/* translators: %s: name of the plan */
			self::result( __( 'AI answers', 'chatello' ), 'none' !== $source, 'none' === $source ? __( 'The plan does not include AI answers and no key of an own provider is set, or the licence is not active.', 'chatello' ) : ( 'own' === $source ? __( 'by the own provider key', 'chatello' ) : sprintf( __( 'by the plan %s', 'chatello' ), $status['plan'] ) ) ),
			self::flaw( __( 'Checks in cron', 'chatello' ), false !== wp_next_scheduled( Schedule::HOOK ) || 'active' !== $status['state'], __( 'No check of the licence is planned: switch the plugin off and on again.', 'chatello' ) ),
			self::flaw( __( 'Streaming through this site', 'chatello' ), function_exists( 'curl_init' ), __( 'PHP has no curl, so answers that come through this site arrive in one piece.', 'chatello' ) ),
			self::flaw( __( 'Scripts', 'chatello' ), is_readable( CHATELLO_DIR . '/build/chat.js' ), __( 'Files are missing: install the plugin again.', 'chatello' ) ),
		);
	}

	private static function license_text( array $status ): string {
		if ( 'active' === $status['state'] ) {
			return $status['plan'] . ', ' . $status['activated'];
		}
		return '' !== $status['message'] && 'refused' === $status['state'] ? $status['message'] : AdminScreen::state_text( $status['state'] );
	}

	private static function result( string $title, bool $ok, string $text ): array {
		return array( 'title' => $title, 'ok' => $ok, 'text' => $text );
	}

	/** An examination of which there is something to say only when it fails. */
	private static function flaw( string $title, bool $ok, string $text ): array {
		return self::result( $title, $ok, $ok ? '' : $text );
	}
}
