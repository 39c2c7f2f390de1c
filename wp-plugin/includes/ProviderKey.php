<?php
/**
 * The owner's key at an AI provider, kept by the server instead of here: answers then stream from there, for every site of the licence.
 *
 * @package Chatello
 */

namespace Chatello;

final class ProviderKey {
	/**
	 * Gives a key to the server, which tests it and stores it encrypted. Returns {ok, code, message}.
	 *
	 * @param string $provider As AssistantSettings::PROVIDERS has it.
	 * @param string $key      In plain text.
	 */
	public static function hand_over( string $provider, string $key ): array {
		$body     = array( 'api_key' => $key );
		$base_url = (string) apply_filters( 'chatello_provider_base_url', '', $provider );
		if ( '' !== $base_url ) {
			$body['base_url'] = $base_url;
		}
		$answer = ApiClient::call( 'PUT', '/api/v1/provider-keys/' . $provider, (string) License::key(), $body, 20 );
		return License::result( $answer['ok'], $answer['code'], $answer['message'] );
	}

	/** The keys that the server has for this licence: {provider, key_hint, updated_at} each. What the settings say of it is put right. Returns {ok, code, message, body}. */
	public static function at_server(): array {
		$answer = ApiClient::call( 'GET', '/api/v1/provider-keys', (string) License::key() );
		if ( ! $answer['ok'] ) {
			return $answer;
		}
		$keys     = array_map( static function ( $key ) { return array_intersect_key( $key, array_flip( array( 'provider', 'key_hint', 'updated_at' ) ) ); }, (array) ( $answer['body']['provider_keys'] ?? array() ) );
		$settings = State::assistant();
		$is_there = in_array( $settings['provider'], array_column( $keys, 'provider' ), true );
		if ( 'server' === $settings['provider_place'] && $is_there !== $settings['provider_handed'] ) {
			State::put_assistant( array( 'provider_handed' => $is_there ) + $settings );
		}
		return array( 'body' => array( 'keys' => $keys ) ) + $answer;
	}

	/** Has the server forget a key; the keys that are left, as at_server() tells them. */
	public static function remove( string $provider ): array {
		$answer = ApiClient::call( 'DELETE', '/api/v1/provider-keys/' . $provider, (string) License::key() );
		return $answer['ok'] ? self::at_server() : $answer;
	}

	/**
	 * Settings that are about to be saved: a key that is to be kept by the server goes there and is forgotten here.
	 *
	 * @param array $settings As AssistantSettings::parse() returns them.
	 * @param array $before   The settings so far. Where nothing about the key changes, nobody is asked.
	 * @return array|\WP_Error
	 */
	public static function settle( array $settings, array $before ) {
		$fields = array( 'provider' => 0, 'provider_place' => 0, 'provider_key' => 0 );
		if ( array_intersect_key( $settings, $fields ) === array_intersect_key( $before, $fields ) ) {
			return $settings;
		}
		if ( '' === $settings['provider'] || 'server' !== $settings['provider_place'] ) {
			return array( 'provider_handed' => false ) + $settings;
		}
		$key = Secrets::open( $settings['provider_key'] );
		if ( ! is_string( $key ) || '' === $key ) {
			$at_server = self::at_server();
			if ( ! $at_server['ok'] ) {
				return new \WP_Error( $at_server['code'], $at_server['message'], array( 'status' => 502, 'field' => 'provider_key' ) );
			}
			return array( 'provider_key' => '', 'provider_handed' => in_array( $settings['provider'], array_column( $at_server['body']['keys'], 'provider' ), true ) ) + $settings;
		}
		$handed = self::hand_over( $settings['provider'], $key );
		if ( ! $handed['ok'] ) {
			return new \WP_Error( $handed['code'], $handed['message'], array( 'status' => 422, 'field' => 'provider_key' ) );
		}
		return array( 'provider_key' => '', 'provider_handed' => true ) + $settings;
	}
}
