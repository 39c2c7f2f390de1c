<?php
/**
 * Calls to the server on behalf of a shopper, with a breaker: while the server does not answer, nobody waits for it.
 *
 * @package Chatello
 */

namespace Chatello;

final class ShopperCall {
	const BREAKER = 'chatello_breaker';

	/** As ApiClient::call; code PAUSED while the breaker is open. */
	public static function send( string $path, array $body ): array {
		if ( self::is_paused() ) {
			return array( 'ok' => false, 'status' => 503, 'code' => 'PAUSED', 'message' => '', 'body' => array() );
		}
		$answer = ApiClient::call( 'POST', $path, (string) License::key(), $body, 8 );
		self::note( 0 === $answer['status'] );
		return $answer;
	}

	public static function is_paused(): bool {
		$kept = get_transient( self::BREAKER );
		return is_array( $kept ) && $kept['failures'] >= 3;
	}

	/** Three calls in a row that reached nobody open the breaker for half a minute. */
	public static function note( bool $failed ): void {
		$kept = get_transient( self::BREAKER );
		if ( $failed ) {
			set_transient( self::BREAKER, array( 'failures' => ( is_array( $kept ) ? $kept['failures'] : 0 ) + 1 ), 30 );
		} elseif ( false !== $kept ) {
			delete_transient( self::BREAKER );
		}
	}
}
