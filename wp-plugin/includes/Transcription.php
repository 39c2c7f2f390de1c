<?php
/**
 * Recordings to text, for browsers that cannot do it themselves. A recording passes through and is not kept.
 *
 * @package Chatello
 */

namespace Chatello;

final class Transcription {
	const MAX_BYTES = 5 * MB_IN_BYTES;
	const MODEL     = 'gpt-4o-mini-transcribe';

	/** POST /chat/transcribe, a form with `file` and `language`: {text}. */
	public static function answer( \WP_REST_Request $request ) {
		$files = $request->get_file_params();
		$file  = $files['file'] ?? null;
		if ( 'api' !== Assistant::source() || ! State::assistant()['voice'] ) {
			return ShopperApi::error( 'UNAVAILABLE', 404 );
		}
		if ( ! is_array( $file ) || ! is_uploaded_file( (string) $file['tmp_name'] ) || $file['size'] < 1 || $file['size'] > self::MAX_BYTES || ! preg_match( '#^(audio|video)/(webm|ogg|mp4|mpeg|wav)#', (string) $file['type'], $type ) ) {
			return ShopperApi::error( 'INVALID_REQUEST', 400 );
		}
		if ( ShopperCall::is_paused() ) {
			return ShopperApi::error( 'PAUSED', 503 );
		}
		$language = preg_match( '/^[a-z]{2}$/', (string) $request['language'] ) ? (string) $request['language'] : '';
		$boundary = wp_generate_password( 32, false );
		$fields   = array_filter( array( 'model' => (string) apply_filters( 'chatello_transcription_model', self::MODEL ), 'language' => $language, 'response_format' => 'json' ) );
		$body     = '';
		foreach ( $fields as $name => $value ) {
			$body .= "--$boundary\r\nContent-Disposition: form-data; name=\"$name\"\r\n\r\n$value\r\n";
		}
		$body  .= "--$boundary\r\nContent-Disposition: form-data; name=\"file\"; filename=\"speech.{$type[2]}\"\r\nContent-Type: audio/{$type[2]}\r\n\r\n" . file_get_contents( $file['tmp_name'] ) . "\r\n--$boundary--\r\n"; // phpcs:ignore
		$answer = wp_remote_post(
			ApiClient::base_url() . '/v1/audio/transcriptions',
			array(
				'timeout'     => 30,
				'redirection' => 0,
				'headers'     => array( 'Content-Type' => "multipart/form-data; boundary=$boundary", 'X-License-Key' => (string) License::key(), 'X-Site-Domain' => License::domain() ),
				'body'        => $body,
			)
		);
		$status = is_wp_error( $answer ) ? 0 : (int) wp_remote_retrieve_response_code( $answer );
		ShopperCall::note( 0 === $status );
		$decoded = 0 === $status ? null : json_decode( wp_remote_retrieve_body( $answer ), true );
		if ( 200 !== $status || ! is_string( $decoded['text'] ?? null ) ) {
			$code = Relay::code_of( $status, $decoded );
			return ShopperApi::error( $code, in_array( $code, array( 'QUOTA_EXHAUSTED', 'SLOW_DOWN' ), true ) ? 429 : 503 );
		}
		return ShopperApi::answer( array( 'text' => trim( $decoded['text'] ) ) );
	}
}
