<?php
/**
 * Chatello on the command line: `wp chatello license activate|status|check|deactivate` and `wp chatello doctor`.
 *
 * @package Chatello
 */

namespace Chatello;

final class Cli {
	public static function hook(): void {
		\WP_CLI::add_command( 'chatello license', self::class );
		\WP_CLI::add_command( 'chatello doctor', array( new self(), 'doctor' ) );
	}

	/**
	 * Activates a licence on this site.
	 *
	 * ## OPTIONS
	 *
	 * [<key>]
	 * : The licence key. Without it the key of CHATELLO_LICENSE_KEY or of the network is used. `-` reads it from standard input, so that it stays out of the shell's history.
	 *
	 * @param array $args Positional arguments.
	 */
	public function activate( array $args ): void {
		$key = $args[0] ?? null;
		self::finish( License::activate( '-' === $key ? (string) fgets( STDIN ) : $key ) ); // phpcs:ignore
	}

	/**
	 * Shows the state of the licence on this site.
	 *
	 * ## OPTIONS
	 *
	 * [--format=<format>]
	 * : `text` or `json`.
	 *
	 * @param array $args    Positional arguments.
	 * @param array $options Named arguments.
	 */
	public function status( array $args, array $options ): void {
		$status = StatusReport::make();
		if ( 'json' === ( $options['format'] ?? '' ) ) {
			\WP_CLI::line( (string) wp_json_encode( $status, JSON_PRETTY_PRINT | JSON_UNESCAPED_SLASHES ) );
			return;
		}
		foreach ( array( 'state', 'message', 'plan', 'expires_at', 'activated', 'kind', 'verified_at', 'failure' ) as $name ) {
			\WP_CLI::line( sprintf( '%-12s %s', $name, null === $status[ $name ] || '' === $status[ $name ] ? '-' : $status[ $name ] ) );
		}
	}

	/** Asks the server now instead of waiting for cron. */
	public function check(): void {
		if ( ! License::check( 10 ) ) {
			\WP_CLI::error( State::license()['failure'] );
		}
		$this->status( array(), array() );
	}

	/**
	 * Frees this site's place and forgets the key.
	 *
	 * ## OPTIONS
	 *
	 * [--force]
	 * : Forget the key even if the server cannot be told.
	 *
	 * @param array $args    Positional arguments.
	 * @param array $options Named arguments.
	 */
	public function deactivate( array $args, array $options ): void {
		self::finish( License::deactivate( isset( $options['force'] ) ) );
	}

	/** Says what is right and what is not, and how to put it right. Ends with an error when something is wrong. */
	public function doctor(): void {
		$failed = 0;
		foreach ( Doctor::examine() as $check ) {
			\WP_CLI::line( ( $check['ok'] ? 'ok    ' : 'WRONG ' ) . $check['title'] . ( '' === $check['text'] ? '' : ': ' . $check['text'] ) );
			$failed += $check['ok'] ? 0 : 1;
		}
		if ( $failed > 0 ) {
			\WP_CLI::error( sprintf( '%d to put right.', $failed ) );
		}
		\WP_CLI::success( 'All is well.' );
	}

	private static function finish( array $result ): void {
		if ( ! $result['ok'] ) {
			\WP_CLI::error( $result['message'] );
		}
		\WP_CLI::success( $result['message'] );
	}
}
