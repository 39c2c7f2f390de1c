<?php
/**
 * Safe mode: the site answers at another address than the one that was activated. Moved, or copied? Only its owner knows.
 *
 * @package Chatello
 */

namespace Chatello;

final class Move {
	/** Whether the site answers at another address than the one that was activated. The first time is noted: the grace begins. */
	public static function is_moved(): bool {
		$stored = State::license();
		$moved  = '' !== $stored['site'] && Site::identity() !== $stored['site'];
		if ( $moved && 0 === $stored['changed_at'] ) {
			State::put_license( array( 'changed_at' => time() ) );
		} elseif ( ! $moved && 0 !== $stored['changed_at'] ) {
			State::put_license( array( 'changed_at' => 0 ) );
		}
		return $moved;
	}

	/** An admin says what a changed address means: moved, copy (for work) or new (another site). */
	public static function resolve( string $choice ): array {
		$stored = State::license();
		$old    = $stored['site'];
		$key    = (string) License::key();
		$undo   = array( 'is_copy' => $stored['is_copy'] );
		State::put_license( array( 'is_copy' => 'copy' === $choice ) );
		if ( 'moved' === $choice ) {
			$freed = ApiClient::call( 'POST', '/api/v1/licenses/deactivate', $key, array( 'domain' => $old ) );
			if ( ! $freed['ok'] ) {
				return License::result( false, $freed['code'], $freed['message'] );
			}
		} else {
			State::put_license( array( 'install_id' => wp_generate_uuid4() ) );
		}
		$result = License::activate();
		if ( ! $result['ok'] ) {
			State::put_license( $undo );
		}
		return $result;
	}
}
