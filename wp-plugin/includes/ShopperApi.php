<?php
/**
 * REST routes of the storefront. Open to guests, without nonces: page caches make those stale. What protects them: they answer
 * this site's own pages only, are limited by address, and give out nothing that is not public.
 *
 * @package Chatello
 */

namespace Chatello;

final class ShopperApi {
	public static function hook(): void {
		add_action( 'rest_api_init', array( self::class, 'register' ) );
	}

	public static function register(): void {
		self::route( 'GET', '/chat/config', array( self::class, 'config' ), 300 );
		self::route( 'POST', '/chat/token', array( self::class, 'token' ), 60 );
		self::route( 'POST', '/chat/completions', array( Relay::class, 'answer' ), 60 );
		self::route( 'POST', '/chat/transcribe', array( Transcription::class, 'answer' ), 20 );
		self::route( 'POST', '/chat/speech', array( Speech::class, 'answer' ), 20 );
		self::route( 'POST', '/chat/tool', array( self::class, 'tool' ), 300 );
		self::route( 'POST', '/chat/products', array( self::class, 'products' ), 300 );
		self::route( 'POST', '/chat/order', array( self::class, 'order' ), 10 );
	}

	/** Texts, settings and instructions that the chat needs once it is opened. */
	public static function config( \WP_REST_Request $request ): \WP_REST_Response {
		$locale   = (string) $request['locale'];
		$switched = preg_match( '/^[A-Za-z_]{2,12}$/', $locale ) && get_locale() !== $locale && switch_to_locale( $locale );
		$body     = ChatConfig::make();
		if ( $switched ) {
			restore_previous_locale();
		}
		return self::answer( $body );
	}

	/** A token with which this visitor's browser talks to the server for some minutes; `{relay: true}` where that way is closed. */
	public static function token() {
		if ( 'api' !== Assistant::source() ) {
			return self::answer( array( 'relay' => true ) );
		}
		$answer = ShopperCall::send( '/api/v1/visitor-tokens', License::secret() + array( 'origin' => Site::origin(), 'domain' => License::domain(), 'visitor' => Visitor::id(), 'max_requests' => 60, 'system_prompt' => Assistant::instructions() ) );
		if ( $answer['ok'] ) {
			return self::answer( array_intersect_key( $answer['body'], array_flip( array( 'token', 'expires_at', 'max_requests' ) ) ) );
		}
		return 429 === $answer['status'] ? self::error( 'SLOW_DOWN', 429 ) : self::answer( array( 'relay' => true ) );
	}

	/** Runs a tool that the model has called. */
	public static function tool( \WP_REST_Request $request ) {
		$arguments = $request['arguments'];
		$result    = Assistant::run_tool( (string) $request['name'], is_array( $arguments ) ? $arguments : array() );
		return null === $result ? self::error( 'NO_SUCH_TOOL', 404 ) : self::answer( $result );
	}

	/** Products as they are now, for cards that are shown again. */
	public static function products( \WP_REST_Request $request ) {
		if ( ! Catalog::has_shop() ) {
			return self::answer( array( 'products' => array() ) );
		}
		return self::answer( array( 'products' => array_map( array( Assistant::class, 'for_shopper' ), Catalog::by_ids( (array) $request['ids'] ) ) ) );
	}

	/** The state of one order, for whoever knows its number and its e-mail address. */
	public static function order( \WP_REST_Request $request ) {
		if ( ! State::assistant()['order_status'] || ! function_exists( 'wc_get_order' ) ) {
			return self::error( 'NO_SUCH_TOOL', 404 );
		}
		$order = wc_get_order( absint( preg_replace( '/\D/', '', (string) $request['number'] ) ) );
		$email = strtolower( trim( (string) $request['email'] ) );
		if ( ! $order || '' === $email || ! hash_equals( strtolower( (string) $order->get_billing_email() ), $email ) ) {
			return self::answer( array( 'status' => null ) );
		}
		$date = $order->get_date_created();
		return self::answer( array( 'number' => (string) $order->get_order_number(), 'status' => (string) wc_get_order_status_name( $order->get_status() ), 'date' => $date ? $date->date_i18n( get_option( 'date_format' ) ) : '' ) );
	}

	public static function error( string $code, int $status ): \WP_Error {
		return new \WP_Error( $code, '', array( 'status' => $status ) );
	}

	/** Nothing of this may rest in a cache: page caches and CDNs keep REST answers otherwise. */
	public static function answer( array $body ): \WP_REST_Response {
		$response = new \WP_REST_Response( $body );
		$response->header( 'Cache-Control', 'no-store, private' );
		return $response;
	}

	private static function route( string $method, string $path, callable $callback, int $per_ten_minutes ): void {
		register_rest_route(
			AdminApi::NAMESPACE,
			$path,
			array(
				'methods'             => $method,
				'callback'            => $callback,
				'permission_callback' => static function () use ( $path, $per_ten_minutes ) {
					if ( ! Visitor::is_on_this_site() ) {
						return self::error( 'FOREIGN_ORIGIN', 403 );
					}
					if ( ! Assistant::works() ) {
						return self::error( 'UNAVAILABLE', 503 );
					}
					return Visitor::within_limit( $path, $per_ten_minutes ) ? true : self::error( 'SLOW_DOWN', 429 );
				},
			)
		);
	}
}
