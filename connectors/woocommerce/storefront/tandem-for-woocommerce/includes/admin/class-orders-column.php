<?php
/**
 * One column in the list of orders: what Meta knows of each.
 *
 * @package Tandem
 */

namespace Tandem\Admin;

use Tandem\Connection;

defined( 'ABSPATH' ) || exit;

/**
 * The cells come empty with the page; a script fills them when it is shown. The list never waits for Tandem, and without
 * the script it stays as it was.
 */
final class Orders_Column {

	const NAME = 'tandem_told';

	/**
	 * For orders in tables of their own, and in WordPress's posts.
	 */
	public static function register() {
		foreach ( array( 'woocommerce_page_wc-orders', 'edit-shop_order' ) as $screen ) {
			add_filter( "manage_{$screen}_columns", array( self::class, 'head' ), 20 );
		}
		add_action( 'manage_woocommerce_page_wc-orders_custom_column', array( self::class, 'cell' ), 10, 2 );
		add_action( 'manage_shop_order_posts_custom_column', array( self::class, 'cell' ), 10, 2 );
	}

	/**
	 * The list's columns with ours, after the status where there is one.
	 *
	 * @param array<string, string> $columns Names and headings.
	 * @return array<string, string>
	 */
	public static function head( $columns ) {
		$columns = (array) $columns;
		if ( ! Connection::current()->is_connected() ) {
			return $columns;
		}
		$ours  = array( self::NAME => __( 'Told to Meta', 'tandem-for-woocommerce' ) );
		$place = array_search( 'order_status', array_keys( $columns ), true );
		if ( false === $place ) {
			return $columns + $ours;
		}
		return array_slice( $columns, 0, $place + 1, true ) + $ours + array_slice( $columns, $place + 1, null, true );
	}

	/**
	 * One cell.
	 *
	 * @param string                $column Its name.
	 * @param \WC_Abstract_Order|int $order  The order, or its id in the older list.
	 */
	public static function cell( $column, $order ) {
		if ( self::NAME === $column ) {
			$id = is_object( $order ) ? $order->get_id() : (int) $order;
			printf( '<span class="tandem-told" data-order="%d" aria-live="polite">&ndash;</span>', (int) $id );
		}
	}

	/**
	 * Whether this screen is a list of orders.
	 *
	 * @param string $hook_suffix Of the screen.
	 */
	public static function is_here( $hook_suffix ): bool {
		$screen = get_current_screen();
		return 'woocommerce_page_wc-orders' === $hook_suffix || ( $screen && 'edit-shop_order' === $screen->id );
	}
}
