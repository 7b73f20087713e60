<?php
/**
 * What the pages of wp-admin ask for once they are shown: how things stand, and what Meta knows of the orders in view.
 *
 * @package Tandem
 */

namespace Tandem\Admin;

use Tandem\Connection;
use Tandem\Service;

defined( 'ABSPATH' ) || exit;

/**
 * Two routes under /wp-json/wc-tandem/v1, for signed-in merchants. No page of wp-admin ever waits for Tandem: it is asked
 * from here, and what it said is remembered for the next page.
 */
final class Background {

	const NAME        = 'wc-tandem/v1';
	const LAST_STATE  = 'tandem_state';
	const MOST_ORDERS = 100;

	/**
	 * Registers the routes.
	 */
	public static function register() {
		register_rest_route(
			self::NAME,
			'/state',
			array(
				'methods'             => 'GET',
				'callback'            => array( self::class, 'state' ),
				'permission_callback' => array( self::class, 'may' ),
			)
		);
		register_rest_route(
			self::NAME,
			'/told',
			array(
				'methods'             => 'GET',
				'callback'            => array( self::class, 'told' ),
				'permission_callback' => array( self::class, 'may' ),
				'args'                => array(
					'orders' => array(
						'required'          => true,
						'type'              => 'string',
						'pattern'           => '^[0-9]{1,20}(,[0-9]{1,20})*$',
						// Named, because WordPress looks at the pattern by itself only where there is no sanitising.
						'validate_callback' => 'rest_validate_request_arg',
						'sanitize_callback' => 'sanitize_text_field',
					),
				),
			)
		);
	}

	/**
	 * Whether the caller manages this shop.
	 */
	public static function may(): bool {
		return current_user_can( Admin::CAPABILITY );
	}

	/**
	 * How things stand, by Tandem's word; what we know of this WordPress is told on the way.
	 *
	 * @return \WP_REST_Response|\WP_Error
	 */
	public static function state() {
		$answer = Service::call( 'state', self::report() );
		if ( is_wp_error( $answer ) ) {
			return self::passed_on( $answer );
		}
		$state = self::read( $answer );
		set_transient( self::LAST_STATE, $state, DAY_IN_SECONDS );
		return new \WP_REST_Response( $state, 200 );
	}

	/**
	 * What Meta knows of some orders, in words, by their ids.
	 *
	 * @param \WP_REST_Request $request `orders`: ids, divided by commas.
	 * @return \WP_REST_Response|\WP_Error
	 */
	public static function told( \WP_REST_Request $request ) {
		$ids    = array_slice( array_unique( explode( ',', $request['orders'] ) ), 0, self::MOST_ORDERS );
		$answer = Service::call( 'orders', array( 'order_ids' => array_values( $ids ) ) );
		if ( is_wp_error( $answer ) ) {
			return self::passed_on( $answer );
		}
		$words = array();
		foreach ( is_array( $answer['orders'] ?? null ) ? $answer['orders'] : array() as $id => $told ) {
			if ( is_array( $told ) ) {
				$words[ (string) $id ] = Order_Words::of( $told, array( self::class, 'moment' ) );
			}
		}
		return new \WP_REST_Response( array( 'orders' => (object) $words ), 200 );
	}

	/**
	 * A time of today as a time, an earlier one with its day; in the shop's zone and spelling.
	 *
	 * @param int $at Unix seconds.
	 */
	public static function moment( $at ): string {
		$today = wp_date( 'Y-m-d', $at ) === wp_date( 'Y-m-d' );
		return (string) wp_date( $today ? get_option( 'time_format' ) : get_option( 'date_format' ) . ', ' . get_option( 'time_format' ), $at );
	}

	/**
	 * What Tandem may know of this WordPress: versions, and who else tells Meta. Nothing of shoppers.
	 *
	 * @return array<string, mixed>
	 */
	public static function report(): array {
		return array(
			'plugin'         => TANDEM_VERSION,
			'wordpress'      => get_bloginfo( 'version' ),
			'woocommerce'    => WC_VERSION,
			'php'            => PHP_VERSION,
			'home'           => Connection::home_now(),
			'environment'    => wp_get_environment_type(),
			'hpos'           => self::has_order_tables(),
			'block_checkout' => self::has_block_checkout(),
			'cron_disabled'  => defined( 'DISABLE_WP_CRON' ) && DISABLE_WP_CRON,
			'pixels'         => Other_Pixels::found(),
		);
	}

	/**
	 * Whether orders are kept in tables of their own.
	 */
	private static function has_order_tables(): bool {
		$util = '\Automattic\WooCommerce\Utilities\OrderUtil';
		return class_exists( $util ) && $util::custom_orders_table_usage_is_enabled();
	}

	/**
	 * Whether the checkout page is the block one.
	 */
	private static function has_block_checkout(): bool {
		return function_exists( 'wc_get_page_id' ) && has_block( 'woocommerce/checkout', wc_get_page_id( 'checkout' ) );
	}

	/**
	 * What Tandem said, cut down to what the page shows.
	 *
	 * @param array $answer Of the service.
	 * @return array<string, mixed>
	 */
	private static function read( array $answer ): array {
		$state = array( 'at' => time() );
		foreach ( array( 'standing', 'sentence', 'arrivals' ) as $name ) {
			$state[ $name ] = is_string( $answer[ $name ] ?? null ) ? sanitize_text_field( $answer[ $name ] ) : '';
		}
		foreach ( array( 'datasets', 'alerts' ) as $name ) {
			$listed         = is_array( $answer[ $name ] ?? null ) ? array_filter( $answer[ $name ], 'is_string' ) : array();
			$state[ $name ] = array_map( 'sanitize_text_field', array_slice( array_values( $listed ), 0, 20 ) );
		}
		return $state;
	}

	/**
	 * An error for the page's script: its sentence, and a status that is ours and not Tandem's.
	 *
	 * @param \WP_Error $error Of the service.
	 */
	private static function passed_on( \WP_Error $error ): \WP_Error {
		return new \WP_Error( $error->get_error_code(), $error->get_error_message(), array( 'status' => 502 ) );
	}
}
