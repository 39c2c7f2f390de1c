<?php
/**
 * Chatello in Tools → Site Health: one test from what is stored, one that asks the server in the background, and facts for support.
 *
 * @package Chatello
 */

namespace Chatello;

final class SiteHealth {
	public static function hook(): void {
		add_filter( 'site_status_tests', array( self::class, 'tests' ) );
		add_filter( 'debug_information', array( self::class, 'facts' ) );
		add_action( 'rest_api_init', array( self::class, 'register' ) );
	}

	public static function tests( array $tests ): array {
		$tests['direct']['chatello_license'] = array( 'label' => __( 'Chatello licence', 'chatello' ), 'test' => array( self::class, 'license' ) );
		$tests['direct']['chatello_proxy']   = array( 'label' => __( 'Chatello and the visitors’ addresses', 'chatello' ), 'test' => array( self::class, 'proxy' ) );
		$tests['async']['chatello_server']   = array( 'label' => __( 'Chatello server', 'chatello' ), 'test' => rest_url( AdminApi::NAMESPACE . '/health' ), 'has_rest' => true, 'async_direct_test' => array( self::class, 'server' ) );
		return $tests;
	}

	public static function register(): void {
		register_rest_route( AdminApi::NAMESPACE, '/health', array( 'methods' => 'GET', 'callback' => static function () { return new \WP_REST_Response( self::server() ); }, 'permission_callback' => static function () { return current_user_can( 'view_site_health_checks' ); } ) );
	}

	public static function license(): array {
		$state = License::standing()['state'];
		$good  = 'active' === $state;
		return self::result( 'chatello_license', $good, $good ? __( 'The Chatello licence is active', 'chatello' ) : __( 'The Chatello licence needs you', 'chatello' ), AdminScreen::state_text( $state ) );
	}

	/** From the request of the administrator who looks: shoppers come the same way. */
	public static function proxy(): array {
		$hidden = Visitor::is_behind_unknown_proxy();
		return self::result( 'chatello_proxy', ! $hidden, $hidden ? __( 'Chatello sees one address for all visitors', 'chatello' ) : __( 'Chatello can tell visitors apart', 'chatello' ), $hidden ? __( 'This site is behind a proxy, so all shoppers share one limit. Have your host set REMOTE_ADDR to the visitor’s address, or return it from the filter chatello_visitor_address.', 'chatello' ) : '' );
	}

	public static function server(): array {
		$answer = ApiClient::call( 'GET', '/api/health', '', null, 5 );
		return self::result( 'chatello_server', $answer['ok'], $answer['ok'] ? __( 'The Chatello server can be reached', 'chatello' ) : __( 'The Chatello server cannot be reached', 'chatello' ), $answer['message'] );
	}

	public static function facts( array $facts ): array {
		$status = StatusReport::make();
		$fields = array();
		foreach ( array( 'version', 'state', 'key_source', 'api_url', 'site', 'activated', 'environment', 'kind', 'plan', 'code', 'expires_at', 'verified_at', 'failures', 'failure' ) as $name ) {
			$fields[ $name ] = array( 'label' => $name, 'value' => (string) $status[ $name ], 'private' => in_array( $name, array( 'site', 'activated' ), true ) );
		}
		$facts['chatello'] = array( 'label' => 'Chatello', 'fields' => $fields );
		return $facts;
	}

	private static function result( string $test, bool $good, string $label, string $text ): array {
		return array(
			'test'        => $test,
			'status'      => $good ? 'good' : 'recommended',
			'label'       => $label,
			'badge'       => array( 'label' => 'Chatello', 'color' => 'blue' ),
			'description' => '<p>' . esc_html( '' === $text ? __( 'Everything works.', 'chatello' ) : $text ) . '</p>',
			'actions'     => $good ? '' : '<p><a href="' . esc_url( admin_url( 'admin.php?page=' . AdminScreen::SLUG ) ) . '">' . esc_html__( 'Open Chatello', 'chatello' ) . '</a></p>',
		);
	}
}
