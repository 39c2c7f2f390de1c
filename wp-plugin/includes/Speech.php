<?php
/**
 * Answers read aloud, for browsers that cannot do it themselves and cannot reach the server: browser -> this site -> server.
 *
 * @package Chatello
 */

namespace Chatello;

final class Speech {
	const MODEL          = 'gpt-4o-mini-tts';
	const VOICE          = 'alloy';
	const MAX_CHARACTERS = 2000;
	const MAX_BYTES      = 8 * MB_IN_BYTES;

	public static function model(): string {
		return (string) apply_filters( 'chatello_speech_model', self::MODEL );
	}

	/** POST /chat/speech {text}: the sound. An error is an ordinary REST error. */
	public static function answer( \WP_REST_Request $request ) {
		$text = trim( (string) $request['text'] );
		if ( 'api' !== Assistant::source() || ! State::assistant()['voice'] ) {
			return ShopperApi::error( 'UNAVAILABLE', 404 );
		}
		if ( '' === $text || mb_strlen( $text ) > self::MAX_CHARACTERS ) {
			return ShopperApi::error( 'INVALID_REQUEST', 400 );
		}
		if ( ShopperCall::is_paused() ) {
			return ShopperApi::error( 'PAUSED', 503 );
		}
		$answer = wp_remote_post(
			ApiClient::base_url() . '/v1/audio/speech',
			array(
				'timeout'             => 30,
				'redirection'         => 0,
				'limit_response_size' => self::MAX_BYTES,
				'headers'             => array( 'Content-Type' => 'application/json', 'X-License-Key' => (string) License::key(), 'X-Site-Domain' => License::domain() ),
				'body'                => wp_json_encode( array( 'model' => self::model(), 'voice' => self::VOICE, 'input' => $text ) ),
			)
		);
		$status = is_wp_error( $answer ) ? 0 : (int) wp_remote_retrieve_response_code( $answer );
		$type   = 0 === $status ? '' : (string) wp_remote_retrieve_header( $answer, 'content-type' );
		ShopperCall::note( 0 === $status );
		if ( 200 !== $status || ! preg_match( '#^audio/[a-z0-9.+-]+#i', $type, $matches ) ) {
			$code = Relay::code_of( $status, 0 === $status ? null : json_decode( wp_remote_retrieve_body( $answer ), true ) );
			return ShopperApi::error( $code, in_array( $code, array( 'QUOTA_EXHAUSTED', 'SLOW_DOWN' ), true ) ? 429 : 503 );
		}
		return self::sound( wp_remote_retrieve_body( $answer ), $matches[0] );
	}

	/** WordPress's REST API writes JSON; this answer is written as it is. */
	private static function sound( string $bytes, string $type ): \WP_REST_Response {
		add_filter(
			'rest_pre_serve_request',
			static function ( $served, $response ) use ( $bytes ) {
				if ( $served || 200 !== $response->get_status() ) {
					return $served;
				}
				file_put_contents( 'php://output', $bytes ); // phpcs:ignore
				return true;
			},
			10,
			2
		);
		$response = ShopperApi::answer( array() );
		$response->header( 'Content-Type', $type );
		$response->header( 'X-Content-Type-Options', 'nosniff' );
		return $response;
	}
}
