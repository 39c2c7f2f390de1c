<?php
/**
 * Passes a stream of the server on to the browser, piece by piece.
 *
 * @package Chatello
 */

namespace Chatello;

final class RelayStream {
	/** Sends the answer itself and ends the request; an error before the first piece is an ordinary REST error. */
	public static function run( array $target, string $body ) {
		$handle  = curl_init( $target['url'] ); // phpcs:ignore
		$status  = 0;
		$kept    = '';
		$started = false;
		$last    = microtime( true );
		$headers = array( 'Content-Type: application/json', 'Accept: text/event-stream', 'Expect:' );
		foreach ( $target['headers'] as $name => $value ) {
			$headers[] = $name . ': ' . $value;
		}
		curl_setopt_array( // phpcs:ignore
			$handle,
			array(
				CURLOPT_POST             => true,
				CURLOPT_POSTFIELDS       => $body,
				CURLOPT_HTTPHEADER       => $headers,
				CURLOPT_CONNECTTIMEOUT   => 5,
				CURLOPT_TIMEOUT          => Relay::TIMEOUT_S,
				CURLOPT_FOLLOWLOCATION   => false,
				CURLOPT_PROTOCOLS        => CURLPROTO_HTTP | CURLPROTO_HTTPS,
				CURLOPT_CAINFO           => ABSPATH . WPINC . '/certificates/ca-bundle.crt',
				CURLOPT_WRITEFUNCTION    => static function ( $handle, $piece ) use ( &$status, &$kept, &$started, &$last ) {
					$status = (int) curl_getinfo( $handle, CURLINFO_RESPONSE_CODE ); // phpcs:ignore
					if ( 200 !== $status ) {
						$kept .= substr( $piece, 0, 20000 - strlen( $kept ) );
						return strlen( $piece );
					}
					if ( ! $started ) {
						self::begin();
						$started = true;
					}
					echo $piece; // phpcs:ignore
					flush();
					$last = microtime( true );
					return connection_aborted() ? 0 : strlen( $piece );
				},
				CURLOPT_NOPROGRESS       => false,
				// Runs about once a second: a comment keeps proxies awake, and tells us whether the visitor is still there.
				CURLOPT_PROGRESSFUNCTION => static function () use ( &$started, &$last ) {
					if ( $started && microtime( true ) - $last > 5 ) {
						echo ": waiting\n\n";
						flush();
						$last = microtime( true );
					}
					return connection_aborted() ? 1 : 0;
				},
			)
		);
		ignore_user_abort( true );
		set_time_limit( Relay::TIMEOUT_S + 10 );
		$done = curl_exec( $handle ); // phpcs:ignore
		if ( $started ) {
			ShopperCall::note( false );
			if ( false === $done && ! connection_aborted() ) {
				echo "data: {\"error\":{\"code\":\"UNAVAILABLE\"}}\n\n";
				flush();
			}
			exit;
		}
		ShopperCall::note( 0 === $status );
		$code = Relay::code_of( $status, json_decode( $kept, true ) );
		return ShopperApi::error( $code, in_array( $code, array( 'QUOTA_EXHAUSTED', 'SLOW_DOWN' ), true ) ? 429 : 503 );
	}

	private static function begin(): void {
		while ( ob_get_level() > 0 && ob_end_clean() ) { // phpcs:ignore
			continue;
		}
		header_remove( 'Content-Length' );
		header( 'Content-Type: text/event-stream; charset=utf-8' );
		header( 'Cache-Control: no-store, no-transform, private' );
		header( 'X-Accel-Buffering: no' );
		header( 'Content-Encoding: none' );
	}
}
