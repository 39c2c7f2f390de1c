<?php
/**
 * REST routes of the screen in wp-admin. For administrators only; WordPress checks the nonce of the session before them.
 *
 * @package Chatello
 */

namespace Chatello;

final class AdminApi {
	const NAMESPACE = 'chatello/v1';

	public static function hook(): void {
		add_action( 'rest_api_init', array( self::class, 'register' ) );
	}

	public static function register(): void {
		$key = array( 'type' => 'string', 'required' => true, 'minLength' => 1, 'maxLength' => 200 );
		self::route( 'GET', '/status', array( self::class, 'status' ) );
		self::route( 'POST', '/license/activate', array( self::class, 'activate' ), array( 'key' => array( 'required' => false ) + $key ) );
		self::route( 'POST', '/license/deactivate', array( self::class, 'deactivate' ), array( 'force' => array( 'type' => 'boolean', 'default' => false ) ) );
		self::route( 'POST', '/license/check', array( self::class, 'check' ) );
		self::route( 'POST', '/license/move', array( self::class, 'move' ), array( 'choice' => array( 'type' => 'string', 'required' => true, 'enum' => array( 'moved', 'copy', 'new' ) ) ) );
		self::route( 'GET', '/usage', array( self::class, 'usage' ), array( 'fresh' => array( 'type' => 'boolean', 'default' => false ) ) );
		self::route( 'POST', '/license/sites', array( self::class, 'sites' ), array( 'key' => array( 'required' => false ) + $key ) );
		self::route( 'POST', '/license/release', array( self::class, 'release' ), array( 'key' => array( 'required' => false ) + $key, 'site' => array( 'type' => 'string', 'required' => true, 'minLength' => 1, 'maxLength' => 2000 ) ) );
		self::route( 'GET', '/provider-keys', array( self::class, 'provider_keys' ) );
		self::route( 'POST', '/provider-keys/remove', array( self::class, 'remove_provider_key' ), array( 'provider' => array( 'type' => 'string', 'required' => true, 'enum' => array( 'openai', 'anthropic', 'deepseek', 'openai-compatible' ) ) ) );
		self::route( 'GET', '/settings', array( self::class, 'settings' ) );
		self::route( 'POST', '/settings', array( self::class, 'save_settings' ), array( 'settings' => array( 'type' => 'object', 'required' => true ) ) );
	}

	public static function may(): bool {
		return current_user_can( 'manage_options' );
	}

	public static function status(): \WP_REST_Response {
		return self::answer( StatusReport::make() );
	}

	public static function activate( \WP_REST_Request $request ) {
		return self::outcome( License::activate( self::key_of( $request ) ), 'key' );
	}

	public static function deactivate( \WP_REST_Request $request ) {
		return self::outcome( License::deactivate( (bool) $request['force'] ) );
	}

	public static function check(): \WP_REST_Response {
		Schedule::next_check( ! License::check( 10 ) );
		return self::answer( StatusReport::make() );
	}

	public static function move( \WP_REST_Request $request ) {
		return self::outcome( Move::resolve( (string) $request['choice'] ) );
	}

	public static function usage( \WP_REST_Request $request ) {
		return self::passed_on( Usage::read( (bool) $request['fresh'] ) );
	}

	/** POST, since a key that is not activated here may come with it. */
	public static function sites( \WP_REST_Request $request ) {
		return self::passed_on( LicenseSites::read( self::key_of( $request ) ) );
	}

	public static function release( \WP_REST_Request $request ) {
		return self::passed_on( LicenseSites::release( (string) $request['site'], self::key_of( $request ) ) );
	}

	public static function provider_keys() {
		return self::passed_on( ProviderKey::at_server() );
	}

	public static function remove_provider_key( \WP_REST_Request $request ) {
		return self::passed_on( ProviderKey::remove( (string) $request['provider'] ) );
	}

	public static function settings(): \WP_REST_Response {
		return self::answer( AssistantSettings::for_admin( State::assistant() ) );
	}

	public static function save_settings( \WP_REST_Request $request ) {
		$before  = State::assistant();
		$checked = AssistantSettings::parse( (array) $request['settings'], $before );
		$checked = is_wp_error( $checked ) ? $checked : ProviderKey::settle( $checked, $before );
		if ( is_wp_error( $checked ) ) {
			return $checked;
		}
		State::put_assistant( $checked );
		return self::answer( AssistantSettings::for_admin( $checked ) );
	}

	private static function key_of( \WP_REST_Request $request ): ?string {
		return is_string( $request['key'] ) ? $request['key'] : null;
	}

	/** What the server has told, or its refusal. */
	private static function passed_on( array $result ) {
		return $result['ok'] ? self::answer( $result['body'] ) : new \WP_Error( $result['code'], $result['message'], array( 'status' => 502 ) );
	}

	/** The new status, or what went wrong as an error whose message can be shown. */
	private static function outcome( array $result, string $field = '' ) {
		if ( $result['ok'] ) {
			return self::answer( array( 'message' => $result['message'] ) + StatusReport::make() );
		}
		return new \WP_Error( $result['code'], $result['message'], array( 'status' => 'SERVER_UNREACHABLE' === $result['code'] ? 502 : 422, 'field' => $field ) );
	}

	private static function answer( array $body ): \WP_REST_Response {
		$response = new \WP_REST_Response( $body );
		$response->header( 'Cache-Control', 'no-store' );
		return $response;
	}

	private static function route( string $method, string $path, callable $callback, array $args = array() ): void {
		register_rest_route( self::NAMESPACE, $path, array( 'methods' => $method, 'callback' => $callback, 'permission_callback' => array( self::class, 'may' ), 'args' => $args ) );
	}
}
