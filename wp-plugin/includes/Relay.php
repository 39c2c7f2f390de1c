<?php
/**
 * The way around for browsers that cannot reach the server: browser -> this site -> server (or the owner's own AI provider).
 * Streamed with curl where there is curl, in one piece otherwise. The key is added here and never goes to the browser.
 *
 * @package Chatello
 */

namespace Chatello;

final class Relay {
	const MAX_MESSAGES   = 60;
	const MAX_CHARACTERS = 60000;
	const TIMEOUT_S      = 120;

	/** POST /chat/completions {messages, stream}: the answer in the shape of OpenAI's chat completions. */
	public static function answer( \WP_REST_Request $request ) {
		$messages = self::messages( $request['messages'] );
		if ( null === $messages ) {
			return ShopperApi::error( 'INVALID_REQUEST', 400 );
		}
		$target = self::target();
		if ( null === $target ) {
			return ShopperApi::error( 'UNAVAILABLE', 503 );
		}
		if ( ShopperCall::is_paused() ) {
			return ShopperApi::error( 'PAUSED', 503 );
		}
		$wants_stream = (bool) $request['stream'] && function_exists( 'curl_init' );
		$body         = array( 'model' => $target['model'], 'messages' => array_merge( array( array( 'role' => 'system', 'content' => Assistant::instructions() ) ), $messages ), 'stream' => $wants_stream );
		if ( array() !== Assistant::tools() ) {
			$body['tools'] = Assistant::tools();
		}
		return $wants_stream ? RelayStream::run( $target, (string) wp_json_encode( $body ) ) : self::plain( $target, $body );
	}

	/** Error codes of upstream answers as the chat knows them. */
	public static function code_of( int $status, $decoded ): string {
		$error = is_array( $decoded ) && is_array( $decoded['error'] ?? null ) ? $decoded['error'] : array();
		$code  = is_string( $error['code'] ?? null ) ? strtoupper( $error['code'] ) : '';
		if ( 429 === $status ) {
			return false !== strpos( $code, 'QUOTA' ) ? 'QUOTA_EXHAUSTED' : 'SLOW_DOWN';
		}
		return 0 === $status || $status >= 500 ? 'UNAVAILABLE' : 'REFUSED';
	}

	private static function plain( array $target, array $body ) {
		$answer = wp_remote_post( $target['url'], array( 'timeout' => self::TIMEOUT_S, 'redirection' => 0, 'headers' => array( 'Content-Type' => 'application/json' ) + $target['headers'], 'body' => wp_json_encode( $body ) ) );
		$status = is_wp_error( $answer ) ? 0 : (int) wp_remote_retrieve_response_code( $answer );
		ShopperCall::note( 0 === $status );
		$decoded = 0 === $status ? null : json_decode( wp_remote_retrieve_body( $answer ), true );
		if ( 200 !== $status || ! is_array( $decoded ) || ! isset( $decoded['choices'][0]['message'] ) ) {
			$code = self::code_of( $status, $decoded );
			return ShopperApi::error( $code, 'QUOTA_EXHAUSTED' === $code || 'SLOW_DOWN' === $code ? 429 : 503 );
		}
		return ShopperApi::answer( array( 'choices' => array( array( 'message' => $decoded['choices'][0]['message'], 'finish_reason' => $decoded['choices'][0]['finish_reason'] ?? 'stop' ) ) ) );
	}

	/** Where to ask and with which key: {url, headers, model}. */
	private static function target(): ?array {
		$settings = State::assistant();
		$source   = Assistant::source();
		if ( 'api' === $source ) {
			return array( 'url' => ApiClient::base_url() . '/v1/chat/completions', 'headers' => array( 'X-License-Key' => (string) License::key(), 'X-Site-Domain' => License::domain() ), 'model' => Assistant::model() );
		}
		$providers = array(
			'openai'    => array( 'https://api.openai.com/v1/chat/completions', 'gpt-5.4-mini' ),
			'anthropic' => array( 'https://api.anthropic.com/v1/chat/completions', 'claude-haiku-4-5' ),
			'deepseek'  => array( 'https://api.deepseek.com/chat/completions', 'deepseek-chat' ),
		);
		$key       = Secrets::open( $settings['provider_key'] );
		if ( 'own' !== $source || ! isset( $providers[ $settings['provider'] ] ) || ! is_string( $key ) || '' === $key ) {
			return null;
		}
		list( $url, $model ) = $providers[ $settings['provider'] ];
		return array( 'url' => (string) apply_filters( 'chatello_provider_url', $url, $settings['provider'] ), 'headers' => array( 'Authorization' => 'Bearer ' . $key ), 'model' => '' === $settings['model'] ? $model : $settings['model'] );
	}

	/** The conversation as the browser keeps it, held to its form; null where it is not one. Instructions are ours alone to give. */
	private static function messages( $input ): ?array {
		if ( ! is_array( $input ) || array() === $input || count( $input ) > self::MAX_MESSAGES || strlen( (string) wp_json_encode( $input ) ) > self::MAX_CHARACTERS ) {
			return null;
		}
		$messages = array();
		foreach ( $input as $message ) {
			$role = is_array( $message ) ? ( $message['role'] ?? '' ) : '';
			if ( ! in_array( $role, array( 'user', 'assistant', 'tool' ), true ) || ! is_string( $message['content'] ?? '' ) ) {
				return null;
			}
			$clean = array( 'role' => $role, 'content' => (string) ( $message['content'] ?? '' ) );
			if ( 'tool' === $role ) {
				$clean['tool_call_id'] = (string) ( $message['tool_call_id'] ?? '' );
			}
			if ( 'assistant' === $role && is_array( $message['tool_calls'] ?? null ) && array() !== $message['tool_calls'] ) {
				$clean['tool_calls'] = array_map(
					static function ( $call ) {
						return array( 'id' => (string) ( $call['id'] ?? '' ), 'type' => 'function', 'function' => array( 'name' => (string) ( $call['function']['name'] ?? '' ), 'arguments' => (string) ( $call['function']['arguments'] ?? '{}' ) ) );
					},
					array_slice( $message['tool_calls'], 0, 8 )
				);
			}
			$messages[] = $clean;
		}
		return $messages;
	}
}
