<?php
/**
 * How the service tells this shop where it is and what signs: `/wp-json/wc-tandem/v1/connection`.
 *
 * The namespace begins with `wc-`, so WooCommerce's own keys open it, and a read-only key cannot change anything.
 *
 * @package Tandem
 */

namespace Tandem;

defined( 'ABSPATH' ) || exit;

/**
 * The route and its three methods.
 */
final class Rest_Connection {

	const NAME  = 'wc-tandem/v1';
	const ROUTE = '/connection';

	/**
	 * Registers the route.
	 */
	public static function register() {
		$methods = array(
			'GET'    => 'look',
			'PUT'    => 'connect',
			'DELETE' => 'disconnect',
		);
		$routes  = array();
		foreach ( $methods as $method => $function ) {
			$routes[] = array(
				'methods'             => $method,
				'callback'            => array( self::class, $function ),
				'permission_callback' => array( self::class, 'may' ),
			);
		}
		register_rest_route( self::NAME, self::ROUTE, $routes );
	}

	/**
	 * Whether the caller manages this shop.
	 *
	 * @return true|\WP_Error
	 */
	public static function may() {
		if ( current_user_can( 'manage_woocommerce' ) ) {
			return true;
		}
		return new \WP_Error(
			'tandem_cannot_connect',
			__( 'Only those who manage this shop may connect it.', 'tandem-for-woocommerce' ),
			array( 'status' => rest_authorization_required_code() )
		);
	}

	/**
	 * GET: which connection this shop has; never its secret.
	 */
	public static function look(): \WP_REST_Response {
		$connection = Connection::current();
		return self::answer(
			array(
				'plugin'     => TANDEM_VERSION,
				'home'       => home_url(),
				'public_key' => $connection->is_connected() ? $connection->public_key() : null,
			)
		);
	}

	/**
	 * PUT: keeps the connection told.
	 *
	 * @param \WP_REST_Request $request Whose JSON body is the connection.
	 * @return \WP_REST_Response|\WP_Error
	 */
	public static function connect( \WP_REST_Request $request ) {
		$told    = $request->get_json_params();
		$problem = Told_Connection::problem( $told );
		if ( '' !== $problem ) {
			return new \WP_Error( 'tandem_invalid_connection', $problem, array( 'status' => 400 ) );
		}
		$changed = Connection::remember( $told );
		$changed = Plan::remember( $told ) || $changed;
		if ( $changed ) {
			/** Fires when this shop was connected, or its connection renewed. */
			do_action( 'tandem_connected' );
		}
		return self::answer(
			array(
				'plugin'  => TANDEM_VERSION,
				'home'    => home_url(),
				'changed' => $changed,
			)
		);
	}

	/**
	 * DELETE: forgets the connection.
	 */
	public static function disconnect(): \WP_REST_Response {
		$changed = Connection::forget();
		if ( $changed ) {
			/** Fires when this shop was disconnected. */
			do_action( 'tandem_disconnected' );
		}
		return self::answer( array( 'changed' => $changed ) );
	}

	/**
	 * An answer that no cache may keep.
	 *
	 * @param array $body What it says.
	 */
	private static function answer( array $body ): \WP_REST_Response {
		$response = new \WP_REST_Response( $body, 200 );
		$response->header( 'Cache-Control', 'no-store' );
		return $response;
	}
}
