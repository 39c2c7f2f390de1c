<?php
/**
 * When the licence is checked: in cron only, each time at another minute, and more rarely while the server does not answer.
 *
 * @package Chatello
 */

namespace Chatello;

final class Schedule {
	const HOOK = 'chatello_check_license';

	public static function hook(): void {
		add_action( self::HOOK, array( self::class, 'run' ) );
	}

	public static function run(): void {
		self::next_check( ! License::check() );
	}

	/** Plans the next check: after 12 hours, or after an outage 15 minutes, 30, 60 … up to 12 hours; a quarter more or less, by chance. */
	public static function next_check( bool $is_outage ): void {
		wp_clear_scheduled_hook( self::HOOK );
		wp_schedule_single_event( time() + self::delay_s( $is_outage ? State::license()['failures'] : 0, wp_rand( 0, 1000 ) / 1000 ), self::HOOK );
	}

	public static function delay_s( int $failures, float $chance ): int {
		$base = 0 === $failures ? 12 * HOUR_IN_SECONDS : min( 12 * HOUR_IN_SECONDS, 15 * MINUTE_IN_SECONDS * ( 2 ** min( 10, $failures - 1 ) ) );
		return (int) round( $base * ( 0.75 + 0.5 * $chance ) );
	}

	/** After the plugin was switched on again. */
	public static function start(): void {
		if ( 'none' !== License::key_source() ) {
			self::next_check( false );
		}
	}

	public static function stop(): void {
		wp_clear_scheduled_hook( self::HOOK );
	}
}
