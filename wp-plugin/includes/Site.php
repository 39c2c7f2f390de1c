<?php
/**
 * Which site this is, as licences count it.
 *
 * @package Chatello
 */

namespace Chatello;

final class Site {
	/**
	 * The address of the site as its owner set it: WP_HOME, or the raw `home` option. Filters of other plugins (languages,
	 * CDNs) are not asked: they change with the visitor.
	 */
	public static function address(): string {
		if ( defined( 'WP_HOME' ) && is_string( WP_HOME ) && ! is_multisite() ) {
			return WP_HOME;
		}
		$all = wp_load_alloptions();
		return (string) ( $all['home'] ?? get_option( 'home' ) );
	}

	/** `host[:port][/path]`: lower case, without scheme, one leading `www.`, default port, trailing slash and dot. */
	public static function identity(): string {
		return self::normalise( self::address() );
	}

	public static function normalise( string $address ): string {
		$text  = strtolower( trim( $address ) );
		$parts = wp_parse_url( preg_match( '#^[a-z][a-z0-9+.-]*://#', $text ) ? $text : 'http://' . ltrim( $text, '/' ) );
		$host  = rtrim( (string) ( $parts['host'] ?? '' ), '.' );
		if ( function_exists( 'idn_to_ascii' ) && preg_match( '/[^\x20-\x7e]/', $host ) ) {
			$ascii = idn_to_ascii( $host );
			$host  = false === $ascii ? $host : $ascii;
		}
		$host = preg_replace( '/^www\.(?=[^.]+\.)/', '', $host );
		$port = $parts['port'] ?? null;
		$path = rtrim( preg_replace( '#/+#', '/', (string) ( $parts['path'] ?? '' ) ), '/' );
		return $host . ( null === $port || 80 === $port || 443 === $port ? '' : ':' . $port ) . $path;
	}

	/** Scheme, host and port of the storefront as browsers name it. */
	public static function origin(): string {
		$parts = wp_parse_url( home_url() );
		return strtolower( ( $parts['scheme'] ?? 'http' ) . '://' . ( $parts['host'] ?? '' ) ) . ( isset( $parts['port'] ) ? ':' . $parts['port'] : '' );
	}

	/** What WordPress says of itself; `staging` where an admin said that this is a copy for work. */
	public static function environment(): string {
		$environment = wp_get_environment_type();
		return 'production' === $environment && State::license()['is_copy'] ? 'staging' : $environment;
	}
}
