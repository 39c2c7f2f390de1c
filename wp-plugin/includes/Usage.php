<?php
/**
 * What the licence has used, as the server counts it; kept for five minutes.
 *
 * @package Chatello
 */

namespace Chatello;

final class Usage {
	const TRANSIENT = 'chatello_usage';

	/** {ok, code, message, body}: body as GET /api/usage gives it. */
	public static function read( bool $fresh = false ): array {
		$kept = $fresh ? false : get_transient( self::TRANSIENT );
		if ( is_array( $kept ) ) {
			return $kept;
		}
		$key = License::key();
		if ( ! is_string( $key ) || '' === $key ) {
			return array( 'ok' => false, 'code' => 'KEY_MISSING', 'message' => __( 'There is no licence key on this site yet.', 'chatello' ), 'body' => array() );
		}
		$answer = ApiClient::call( 'GET', '/api/usage', $key, null, 8 );
		unset( $answer['status'] );
		if ( $answer['ok'] ) {
			set_transient( self::TRANSIENT, $answer, 5 * MINUTE_IN_SECONDS );
		}
		return $answer;
	}
}
