<?php
/**
 * Calls to the Chatello server. Every call has a timeout; no call is made while a page is rendered. Keys are in headers only and
 * never in a message.
 *
 * @package Chatello
 */

namespace Chatello;

final class ApiClient {
	/** Where the server is: CHATELLO_API_URL in wp-config.php, or the vendor's, and then the filter. */
	public static function base_url(): string {
		$url = defined( 'CHATELLO_API_URL' ) ? (string) CHATELLO_API_URL : CHATELLO_DEFAULT_API_URL;
		return untrailingslashit( (string) apply_filters( 'chatello_api_url', $url ) );
	}

	/**
	 * One call. Returns {ok, status, code, message, body}; `code` is the server's, or SERVER_UNREACHABLE, or BAD_ANSWER where what
	 * answered was not Chatello.
	 *
	 * @param string     $method    GET, POST, PUT or DELETE.
	 * @param string     $path      From the base URL on.
	 * @param string     $key       Licence key.
	 * @param array|null $body      Sent as JSON.
	 * @param int        $timeout_s For the whole call.
	 */
	public static function call( string $method, string $path, string $key, ?array $body = null, int $timeout_s = 10 ): array {
		$answer = wp_remote_request(
			self::base_url() . $path,
			array(
				'method'      => $method,
				'timeout'     => $timeout_s,
				'redirection' => 0,
				'headers'     => array_filter(
					array(
						'Accept'        => 'application/json',
						'Content-Type'  => null === $body ? '' : 'application/json',
						'X-License-Key' => $key,
						'X-Site-Domain' => Site::identity(),
					)
				),
				'user-agent'  => 'Chatello-WordPress/' . CHATELLO_VERSION . '; ' . home_url(),
				'body'        => null === $body ? null : wp_json_encode( $body ),
			)
		);
		if ( is_wp_error( $answer ) ) {
			return self::failure( 0, 'SERVER_UNREACHABLE', self::unreachable( $answer->get_error_code() ) );
		}
		$status  = (int) wp_remote_retrieve_response_code( $answer );
		$decoded = json_decode( wp_remote_retrieve_body( $answer ), true );
		if ( ! is_array( $decoded ) ) {
			return self::failure( $status, 'BAD_ANSWER', self::bad_answer( $status ) );
		}
		if ( $status >= 200 && $status < 300 ) {
			return array( 'ok' => true, 'status' => $status, 'code' => '', 'message' => '', 'body' => $decoded );
		}
		$error = is_array( $decoded['error'] ?? null ) ? $decoded['error'] : array();
		$code  = is_string( $error['code'] ?? null ) ? $error['code'] : 'BAD_ANSWER';
		return self::failure( $status, $code, is_string( $error['message'] ?? null ) ? $error['message'] : self::bad_answer( $status ) );
	}

	/** Whether a failed call says nothing about the licence: nobody was there, or somebody else, or the server was in trouble. */
	public static function is_outage( array $answer ): bool {
		return ! $answer['ok'] && ( 0 === $answer['status'] || $answer['status'] >= 500 || 429 === $answer['status'] || 'BAD_ANSWER' === $answer['code'] );
	}

	private static function failure( int $status, string $code, string $message ): array {
		return array( 'ok' => false, 'status' => $status, 'code' => $code, 'message' => $message, 'body' => array() );
	}

	private static function unreachable( string $reason ): string {
		if ( 'http_request_not_executed' === $reason ) {
			return __( 'WordPress is set to block outgoing requests (WP_HTTP_BLOCK_EXTERNAL). Add the licence server to WP_ACCESSIBLE_HOSTS in wp-config.php.', 'chatello' );
		}
		return __( 'The licence server cannot be reached from this site just now. Try again in a few minutes; if it goes on, ask your host whether outgoing connections are allowed.', 'chatello' );
	}

	private static function bad_answer( int $status ): string {
		/* translators: %d: HTTP status code */
		return sprintf( __( 'Something other than the licence server answered (HTTP %d). Check CHATELLO_API_URL in wp-config.php, or a firewall in between.', 'chatello' ), $status );
	}
}
