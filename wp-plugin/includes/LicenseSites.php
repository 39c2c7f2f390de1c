<?php
/**
 * The sites that use the licence, and freeing the place of another one: for owners whose old shop is gone, or who have no place left.
 *
 * @package Chatello
 */

namespace Chatello;

final class LicenseSites {
	/**
	 * As GET /api/v1/licenses/sites, with `is_this` for each. Returns {ok, code, message, body}.
	 *
	 * @param string|null $pasted A key that is not activated here (yet); null: the one that is set.
	 */
	public static function read( ?string $pasted ): array {
		$answer = ApiClient::call( 'GET', '/api/v1/licenses/sites', self::key( $pasted ) );
		if ( $answer['ok'] ) {
			$answer['body']['sites'] = array_map(
				static function ( $site ) { return $site + array( 'is_this' => Site::identity() === $site['site'] ); },
				(array) ( $answer['body']['sites'] ?? array() )
			);
		}
		return $answer;
	}

	/** Frees the place of another site; what is left, as read() tells it. This site has a button of its own. */
	public static function release( string $site, ?string $pasted ): array {
		if ( Site::normalise( $site ) === State::license()['site'] ) {
			return array( 'ok' => false, 'code' => 'THIS_SITE', 'message' => __( 'This is the site that you are on: use “Deactivate on this site”.', 'chatello' ) );
		}
		$freed = ApiClient::call( 'POST', '/api/v1/licenses/deactivate', self::key( $pasted ), array( 'domain' => $site ) );
		if ( $freed['ok'] && null === $pasted ) {
			Schedule::next_check( ! License::check() );
		}
		return $freed['ok'] ? self::read( $pasted ) : $freed;
	}

	private static function key( ?string $pasted ): string {
		return null === $pasted ? (string) License::key() : License::tidy( $pasted );
	}
}
