<?php
/**
 * Who is asking, as far as the plugin wants to know: a number that changes every day.
 *
 * @package Chatello
 */

namespace Chatello;

final class Visitor {
	/** Anonymous and the same for one day: made of the address and the browser with this site's salt, and never stored with either. */
	public static function id(): string {
		$browser = isset( $_SERVER['HTTP_USER_AGENT'] ) ? (string) $_SERVER['HTTP_USER_AGENT'] : ''; // phpcs:ignore
		return substr( hash_hmac( 'sha256', gmdate( 'Y-m-d' ) . '|' . self::address() . '|' . $browser, wp_salt( 'nonce' ) ), 0, 32 );
	}

	/** Whether a request comes from a page of this site, as far as browsers tell. */
	public static function is_on_this_site(): bool {
		$fetch_site = isset( $_SERVER['HTTP_SEC_FETCH_SITE'] ) ? (string) $_SERVER['HTTP_SEC_FETCH_SITE'] : ''; // phpcs:ignore
		$origin     = isset( $_SERVER['HTTP_ORIGIN'] ) ? (string) $_SERVER['HTTP_ORIGIN'] : ''; // phpcs:ignore
		return in_array( $fetch_site, array( '', 'same-origin' ), true ) && in_array( strtolower( $origin ), array( '', Site::origin() ), true );
	}

	/** Counts a request of this address; false when it was one too many within ten minutes. Soft: the server has the hard limits. */
	public static function within_limit( string $what, int $per_ten_minutes ): bool {
		$name  = 'chatello_rate_' . substr( hash_hmac( 'sha256', $what . '|' . self::address(), wp_salt( 'nonce' ) ), 0, 24 );
		$kept  = get_transient( $name );
		$until = is_array( $kept ) && $kept['until'] > time() ? $kept['until'] : time() + 10 * MINUTE_IN_SECONDS;
		$count = is_array( $kept ) && $kept['until'] > time() ? $kept['count'] : 0;
		if ( $count >= (int) apply_filters( 'chatello_rate_limit', $per_ten_minutes, $what ) ) {
			return false;
		}
		set_transient( $name, array( 'until' => $until, 'count' => $count + 1 ), $until - time() );
		return true;
	}

	/** Whether requests seem to come through a proxy that hides the visitors' addresses: all of them would share one limit. */
	public static function is_behind_unknown_proxy(): bool {
		return ( isset( $_SERVER['HTTP_CF_CONNECTING_IP'] ) || isset( $_SERVER['HTTP_X_FORWARDED_FOR'] ) || isset( $_SERVER['HTTP_X_REAL_IP'] ) ) && ! has_filter( 'chatello_visitor_address' ) && ( $_SERVER['HTTP_CF_CONNECTING_IP'] ?? $_SERVER['HTTP_X_REAL_IP'] ?? trim( explode( ',', (string) $_SERVER['HTTP_X_FORWARDED_FOR'] )[0] ) ) !== ( $_SERVER['REMOTE_ADDR'] ?? '' ); // phpcs:ignore
	}

	/** REMOTE_ADDR; a site behind a proxy corrects it with the filter. IPv6 by its /64. */
	private static function address(): string {
		$address = (string) apply_filters( 'chatello_visitor_address', isset( $_SERVER['REMOTE_ADDR'] ) ? (string) $_SERVER['REMOTE_ADDR'] : '' ); // phpcs:ignore
		$packed  = filter_var( $address, FILTER_VALIDATE_IP, FILTER_FLAG_IPV6 ) ? inet_pton( $address ) : false;
		return false === $packed ? $address : bin2hex( substr( $packed, 0, 8 ) );
	}
}
