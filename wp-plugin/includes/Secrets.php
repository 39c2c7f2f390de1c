<?php
/**
 * Secrets at rest: sealed with a key made of this site's salts, so that a copy of the database alone gives nothing away.
 *
 * @package Chatello
 */

namespace Chatello;

final class Secrets {
	/** The text, sealed for this site; '' stays ''. */
	public static function seal( string $plain ): string {
		if ( '' === $plain ) {
			return '';
		}
		$nonce = random_bytes( SODIUM_CRYPTO_SECRETBOX_NONCEBYTES );
		return 'v1:' . base64_encode( $nonce . sodium_crypto_secretbox( $plain, $nonce, self::key() ) ); // phpcs:ignore
	}

	/** What seal() was given, or null where it cannot be read: another site's salts, or damaged. */
	public static function open( string $sealed ): ?string {
		if ( '' === $sealed ) {
			return '';
		}
		$raw = 0 === strpos( $sealed, 'v1:' ) ? base64_decode( substr( $sealed, 3 ), true ) : false; // phpcs:ignore
		if ( false === $raw || strlen( $raw ) <= SODIUM_CRYPTO_SECRETBOX_NONCEBYTES ) {
			return null;
		}
		$nonce = substr( $raw, 0, SODIUM_CRYPTO_SECRETBOX_NONCEBYTES );
		$plain = sodium_crypto_secretbox_open( substr( $raw, SODIUM_CRYPTO_SECRETBOX_NONCEBYTES ), $nonce, self::key() );
		return false === $plain ? null : $plain;
	}

	private static function key(): string {
		return hash( 'sha256', 'chatello-secrets|' . wp_salt( 'secure_auth' ), true );
	}
}
