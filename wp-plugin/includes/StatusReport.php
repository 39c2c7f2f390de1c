<?php
/**
 * The state of the plugin for the screen, WP-CLI and Site Health. The key never leaves: only its last four characters.
 *
 * @package Chatello
 */

namespace Chatello;

final class StatusReport {
	public static function make(): array {
		$stored   = State::license();
		$standing = License::standing();
		$stored   = State::license();
		$key      = License::key();
		$verdict  = is_array( $stored['verdict'] ) ? $stored['verdict'] : array();
		return array(
			'version'     => CHATELLO_VERSION,
			'state'       => $standing['state'],
			'works'       => $standing['works'],
			'key_source'  => License::key_source(),
			'key_hint'    => is_string( $key ) ? substr( $key, -4 ) : '',
			'api_url'     => ApiClient::base_url(),
			'api_url_set' => defined( 'CHATELLO_API_URL' ) || has_filter( 'chatello_api_url' ),
			'site'        => Site::identity(),
			'activated'   => $stored['site'],
			'environment' => Site::environment(),
			'is_copy'     => (bool) $stored['is_copy'],
			'code'        => $verdict['code'] ?? '',
			'message'     => $verdict['message'] ?? '',
			'plan'        => $verdict['plan']['name'] ?? '',
			'has_ai'      => License::has_ai(),
			'expires_at'  => $verdict['expires_at'] ?? null,
			'limits'      => $verdict['limits'] ?? null,
			'usage'       => $verdict['usage'] ?? null,
			'kind'        => $verdict['activation']['kind'] ?? null,
			'verified_at' => self::iso( $stored['verified_at'] ),
			'grace_until' => self::iso( self::grace_until( $stored, $standing['state'] ) ),
			'failures'    => $stored['failures'],
			'failure'     => $stored['failure'],
			'has_shop'    => Catalog::has_shop(),
		);
	}

	private static function grace_until( array $stored, string $state ): int {
		if ( 'moved' === $state ) {
			return $stored['changed_at'] + License::GRACE_S;
		}
		return $stored['failures'] > 0 && $stored['verified_at'] > 0 ? $stored['verified_at'] + License::GRACE_S : 0;
	}

	private static function iso( int $time ): ?string {
		return 0 === $time ? null : gmdate( 'Y-m-d\TH:i:s\Z', $time );
	}
}
