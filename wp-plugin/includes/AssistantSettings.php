<?php
/**
 * The assistant's settings: their defaults, their bounds, and what of them each reader may see.
 *
 * @package Chatello
 */

namespace Chatello;

final class AssistantSettings {
	const WHERE     = array( 'everywhere', 'shop', 'pages', 'manual' );
	const PROVIDERS = array( '', 'openai', 'anthropic', 'deepseek' );

	public static function defaults(): array {
		return array(
			'enabled'       => true,
			'name'          => '',
			'greeting'      => '',
			'accent'        => '',
			'scheme'        => 'auto',
			'position'      => 'right',
			'languages'     => array(),
			'where'         => 'everywhere',
			'pages'         => array(),
			'tone'          => 'friendly',
			'rules'         => '',
			'questions'     => array(),
			'voice'         => false,
			'contact_email' => '',
			'contact_url'   => '',
			'products'      => true,
			'content'       => array( 'page' ),
			'order_status'  => false,
			'consent'       => false,
			'consent_text'  => '',
			'retention'     => 'tab',
			'guide_done'    => false,
			'provider'      => '',
			'model'         => '',
			'provider_key'  => '',
			'provider_place' => 'site',
			'provider_handed' => false,
		);
	}

	/** Stored settings with defaults for what is missing; what does not fit is left at its default. */
	public static function complete( array $stored ): array {
		$settings = self::defaults();
		foreach ( $settings as $field => $default ) {
			if ( array_key_exists( $field, $stored ) && gettype( $stored[ $field ] ) === gettype( $default ) ) {
				$settings[ $field ] = $stored[ $field ];
			}
		}
		return $settings;
	}

	/** What the screen gets: everything but the provider key, of which only the last characters are told. */
	public static function for_admin( array $settings ): array {
		$key = Secrets::open( $settings['provider_key'] );
		unset( $settings['provider_key'] );
		$settings['provider_key_hint'] = is_string( $key ) && '' !== $key ? substr( $key, -4 ) : '';
		return $settings;
	}

	/**
	 * Changes of some fields, checked. Returns all settings, or an error that names the field.
	 *
	 * @param array $input    What an admin sent; unknown fields are ignored.
	 * @param array $settings The settings so far.
	 * @return array|\WP_Error
	 */
	public static function parse( array $input, array $settings ) {
		foreach ( array_intersect_key( $input, array_diff_key( self::defaults(), array( 'provider_handed' => 0 ) ) ) as $field => $value ) {
			$parsed = self::field( $field, $value );
			if ( null === $parsed ) {
				/* translators: %s: name of a setting */
				return new \WP_Error( 'INVALID_SETTING', sprintf( __( 'The setting “%s” does not have a value that works here.', 'chatello' ), $field ), array( 'status' => 400, 'field' => $field ) );
			}
			$settings[ $field ] = $parsed;
		}
		return $settings;
	}

	/** One field's value as it is stored, or null where it is not acceptable. */
	private static function field( string $field, $value ) {
		switch ( $field ) {
			case 'enabled':
			case 'voice':
			case 'products':
			case 'order_status':
			case 'consent':
			case 'guide_done':
				return is_bool( $value ) ? $value : null;
			case 'scheme':
				return self::one_of( $value, array( 'auto', 'light', 'dark' ) );
			case 'position':
				return self::one_of( $value, array( 'right', 'left' ) );
			case 'where':
				return self::one_of( $value, self::WHERE );
			case 'tone':
				return self::one_of( $value, array( 'friendly', 'neutral', 'formal' ) );
			case 'retention':
				return self::one_of( $value, array( 'tab', 'day', 'month' ) );
			case 'provider':
				return self::one_of( $value, self::PROVIDERS );
			case 'provider_place':
				return self::one_of( $value, array( 'site', 'server' ) );
			case 'accent':
				return is_string( $value ) && preg_match( '/^(#[0-9a-f]{6})?$/i', $value ) ? strtolower( $value ) : null;
			case 'contact_email':
				return is_string( $value ) && ( '' === $value || is_email( $value ) ) ? $value : null;
			case 'contact_url':
				return is_string( $value ) && ( '' === $value || preg_match( '#^(https?://|tel:|mailto:)#i', $value ) ) ? esc_url_raw( $value, array( 'http', 'https', 'tel', 'mailto' ) ) : null;
			case 'model':
				return is_string( $value ) && preg_match( '/^[\x21-\x7e]{0,120}$/', $value ) ? $value : null;
			case 'provider_key':
				return is_string( $value ) && preg_match( '/^[\x21-\x7e]{0,300}$/', trim( $value ) ) ? Secrets::seal( trim( $value ) ) : null;
			case 'name':
				return self::text( $value, 60 );
			case 'greeting':
			case 'consent_text':
				return self::text( $value, 600 );
			case 'rules':
				return self::text( $value, 4000 );
			case 'questions':
				return self::texts( $value, 4, 120 );
			case 'languages':
				return self::slugs( $value, '/^[a-z]{2,3}$/', 20 );
			case 'content':
				return self::slugs( $value, '/^[a-z0-9_-]{1,20}$/', 20 );
			case 'pages':
				return is_array( $value ) && count( $value ) <= 200 ? array_values( array_unique( array_filter( array_map( 'absint', $value ) ) ) ) : null;
		}
		return null;
	}

	private static function one_of( $value, array $allowed ): ?string {
		return is_string( $value ) && in_array( $value, $allowed, true ) ? $value : null;
	}

	private static function text( $value, int $max ): ?string {
		if ( ! is_string( $value ) || mb_strlen( $value ) > $max ) {
			return null;
		}
		return trim( sanitize_textarea_field( $value ) );
	}

	private static function texts( $value, int $max_count, int $max ): ?array {
		if ( ! is_array( $value ) || count( $value ) > $max_count ) {
			return null;
		}
		$texts = array_map( static function ( $text ) use ( $max ) { return self::text( $text, $max ); }, $value );
		return in_array( null, $texts, true ) ? null : array_values( array_filter( $texts, 'strlen' ) );
	}

	private static function slugs( $value, string $pattern, int $max_count ): ?array {
		if ( ! is_array( $value ) || count( $value ) > $max_count ) {
			return null;
		}
		foreach ( $value as $slug ) {
			if ( ! is_string( $slug ) || ! preg_match( $pattern, $slug ) ) {
				return null;
			}
		}
		return array_values( array_unique( $value ) );
	}
}
