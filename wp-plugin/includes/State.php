<?php
/**
 * What the plugin keeps: two options that are not autoloaded, one for the licence and one for the assistant, so that a check in
 * cron and an admin who saves settings never overwrite each other.
 *
 * @package Chatello
 */

namespace Chatello;

final class State {
	const LICENSE   = 'chatello_license';
	const ASSISTANT = 'chatello_assistant';

	/** The record of the licence. Times are Unix seconds, 0 is never. */
	public static function license(): array {
		$stored = get_option( self::LICENSE, array() );
		return array_merge(
			array(
				'key'         => '',
				'install_id'  => '',
				'site'        => '',
				'secret'      => '',
				'is_copy'     => false,
				'verdict'     => null,
				'verified_at' => 0,
				'failures'    => 0,
				'failed_at'   => 0,
				'failure'     => '',
				'changed_at'  => 0,
			),
			is_array( $stored ) ? $stored : array()
		);
	}

	/** Writes some fields of the record of the licence. */
	public static function put_license( array $changes ): void {
		update_option( self::LICENSE, array_merge( self::license(), $changes ), false );
	}

	/** The assistant's settings, whole and within their bounds, whatever is stored. */
	public static function assistant(): array {
		$stored = get_option( self::ASSISTANT, array() );
		return AssistantSettings::complete( is_array( $stored ) ? $stored : array() );
	}

	public static function put_assistant( array $settings ): void {
		update_option( self::ASSISTANT, $settings, false );
	}
}
