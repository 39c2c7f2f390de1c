<?php
/**
 * The licence on this site: activate, check, deactivate, and what follows from the last verdict.
 *
 * @package Chatello
 */

namespace Chatello;

final class License {
	/** How long the last good verdict is honoured while the server cannot be asked, and how long a copied site may go on. */
	const GRACE_S = 14 * DAY_IN_SECONDS;

	/** The key that this site uses: the constant's, its own, or the network's. Null: stored, but unreadable with this site's salts. */
	public static function key(): ?string {
		if ( defined( 'CHATELLO_LICENSE_KEY' ) && '' !== trim( (string) CHATELLO_LICENSE_KEY ) ) {
			return self::tidy( (string) CHATELLO_LICENSE_KEY );
		}
		$own = State::license()['key'];
		if ( '' !== $own || ! is_multisite() ) {
			return Secrets::open( $own );
		}
		return Secrets::open( (string) get_site_option( Network::KEY_OPTION, '' ) );
	}

	/** Where the key comes from: constant, site, network or none. */
	public static function key_source(): string {
		if ( defined( 'CHATELLO_LICENSE_KEY' ) && '' !== trim( (string) CHATELLO_LICENSE_KEY ) ) {
			return 'constant';
		}
		if ( '' !== State::license()['key'] ) {
			return 'site';
		}
		return is_multisite() && '' !== (string) get_site_option( Network::KEY_OPTION, '' ) ? 'network' : 'none';
	}

	/** A key as it was pasted, as the server prints it: spaces, line ends, quotes and odd dashes go, letters become capitals. */
	public static function tidy( string $pasted ): string {
		$key = strtoupper( preg_replace( '/[^A-Za-z0-9-]/', '', preg_replace( '/[\x{2010}-\x{2015}\x{2212}_]/u', '-', wp_check_invalid_utf8( $pasted, true ) ) ) );
		$raw = str_replace( '-', '', $key );
		return preg_match( '/^CHA[0-9A-Z]{16}$/', $raw ) ? 'CHA-' . implode( '-', str_split( substr( $raw, 3 ), 4 ) ) : $key;
	}

	/**
	 * Takes a slot for this site with the given key (null: the one that is set already). The key is kept only when the server says
	 * that it is good. Returns {ok, code, message}.
	 */
	public static function activate( ?string $pasted = null ): array {
		$key = null === $pasted ? (string) self::key() : self::tidy( $pasted );
		if ( '' === $key ) {
			return self::result( false, 'KEY_MISSING', __( 'Enter your licence key. It is in your purchase e-mail and looks like CHA-XXXX-XXXX-XXXX-XXXX.', 'chatello' ) );
		}
		$answer = ApiClient::call( 'POST', '/api/v1/licenses/activate', $key, array( 'with_secret' => true ) + self::scope() );
		if ( ! $answer['ok'] ) {
			return self::result( false, $answer['code'], $answer['message'] );
		}
		$verdict = $answer['body'];
		if ( true !== ( $verdict['valid'] ?? null ) ) {
			return self::result( false, (string) ( $verdict['code'] ?? 'BAD_ANSWER' ), (string) ( $verdict['message'] ?? '' ) );
		}
		$stored = State::license();
		$secret = (string) ( $verdict['activation']['secret'] ?? '' );
		unset( $verdict['activation']['secret'] );
		State::put_license(
			array(
				'secret'     => Secrets::seal( $secret ),
				'key'        => null === $pasted ? $stored['key'] : Secrets::seal( $key ),
				'install_id' => '' === $stored['install_id'] ? wp_generate_uuid4() : $stored['install_id'],
				'site'       => Site::identity(),
				'changed_at' => 0,
			)
		);
		self::remember( $verdict );
		Schedule::next_check( false );
		return self::result( true, 'VALID', (string) ( $verdict['message'] ?? '' ) );
	}

	/**
	 * Frees the slot and forgets the key. A slot that cannot be freed just now (no connection) keeps the key, so that nothing is
	 * lost silently, unless $force. A licence that the server no longer knows is simply forgotten.
	 */
	public static function deactivate( bool $force = false ): array {
		$stored = State::license();
		$key    = self::key();
		if ( is_string( $key ) && '' !== $key && '' !== $stored['site'] ) {
			$answer = ApiClient::call( 'POST', '/api/v1/licenses/deactivate', $key, array( 'domain' => $stored['site'] ) );
			if ( ApiClient::is_outage( $answer ) && ! $force ) {
				return self::result( false, $answer['code'], $answer['message'] );
			}
		}
		self::forget();
		return self::result( true, '', __( 'The licence is free for another site now.', 'chatello' ) );
	}

	/** Forgets key, verdict and place; nobody is told. */
	public static function forget(): void {
		delete_option( State::LICENSE );
		delete_transient( Usage::TRANSIENT );
		Schedule::stop();
	}

	/** Asks the server what the licence is worth now. Only for cron, WP-CLI and the button "Check now". False: nobody could be asked. */
	public static function check( int $timeout_s = 5 ): bool {
		$stored = State::license();
		$key    = self::key();
		if ( ! is_string( $key ) || '' === $key ) {
			return true;
		}
		if ( '' === $stored['site'] ) {
			// A key from wp-config.php or the network: nobody has to press a button.
			return 'site' === self::key_source() || 'SERVER_UNREACHABLE' !== self::activate()['code'];
		}
		if ( Move::is_moved() ) {
			// A check with a new address would take a slot for what may be only a copy.
			return true;
		}
		$answer = ApiClient::call( 'POST', '/api/validate', $key, self::secret() + self::scope(), $timeout_s );
		if ( ApiClient::is_outage( $answer ) ) {
			State::put_license( array( 'failures' => $stored['failures'] + 1, 'failed_at' => time(), 'failure' => $answer['message'] ) );
			return false;
		}
		if ( $answer['ok'] ) {
			self::remember( $answer['body'] );
		}
		return true;
	}

	/**
	 * What the licence allows now. `state`: none (no key), unreadable (salts changed), inactive (a key but no activation),
	 * moved (safe mode), active, refused (the server said no), unverified (nobody could be asked for too long).
	 * `works` says whether the assistant may answer.
	 */
	public static function standing(): array {
		$stored = State::license();
		$key    = self::key();
		if ( null === $key ) {
			return array( 'state' => 'unreadable', 'works' => false );
		}
		if ( '' === $key ) {
			return array( 'state' => 'none', 'works' => false );
		}
		if ( ! is_array( $stored['verdict'] ) || '' === $stored['site'] ) {
			return array( 'state' => 'inactive', 'works' => false );
		}
		if ( true !== $stored['verdict']['valid'] ) {
			return array( 'state' => 'refused', 'works' => false );
		}
		if ( Move::is_moved() ) {
			return array( 'state' => 'moved', 'works' => time() - State::license()['changed_at'] < self::GRACE_S );
		}
		if ( time() - $stored['verified_at'] > self::GRACE_S ) {
			return array( 'state' => 'unverified', 'works' => false );
		}
		return array( 'state' => 'active', 'works' => true );
	}

	/** The domain under which requests are made: the activated one, also while a copy is in its grace. */
	public static function domain(): string {
		return State::license()['site'];
	}

	/** Whether the plan includes AI answers. */
	public static function has_ai(): bool {
		return in_array( 'ai_proxy', (array) ( State::license()['verdict']['features'] ?? array() ), true );
	}

	/** What proves that this site is the one that was activated, as a part of a request's body; empty where an older server gave none. */
	public static function secret(): array {
		$secret = Secrets::open( State::license()['secret'] );
		return is_string( $secret ) && '' !== $secret ? array( 'activation_secret' => $secret ) : array();
	}

	private static function scope(): array {
		return array( 'domain' => Site::address(), 'environment' => Site::environment(), 'product' => 'chatello', 'version' => CHATELLO_VERSION );
	}

	private static function remember( array $verdict ): void {
		State::put_license( array( 'verdict' => $verdict, 'verified_at' => time(), 'failures' => 0, 'failed_at' => 0, 'failure' => '' ) );
	}

	public static function result( bool $ok, string $code, string $message ): array {
		return array( 'ok' => $ok, 'code' => $code, 'message' => $message );
	}
}
