<?php
// The WooCommerce menu, and the orders list with the columns that plugins add to it.

defined( 'ABSPATH' ) || exit;

function wc_get_page_screen_id( $for ) {
	return 'woocommerce_page_wc-orders';
}

add_action(
	'admin_menu',
	function () {
		add_menu_page( 'WooCommerce', 'WooCommerce', 'edit_others_shop_orders', 'woocommerce', '__return_null', '', '55.5' );
		add_submenu_page( 'woocommerce', 'Orders', 'Orders', 'edit_others_shop_orders', 'wc-orders', 'standin_orders_list' );
	},
	9
);

function standin_orders_list() {
	$columns = apply_filters( 'manage_woocommerce_page_wc-orders_columns', array( 'order_number' => 'Order', 'order_status' => 'Status' ) );
	$orders  = wc_get_orders( array( 'limit' => 20 ) );
	echo '<table class="wp-list-table"><thead><tr>';
	foreach ( $columns as $name => $title ) {
		echo '<th class="column-', esc_attr( $name ), '">', esc_html( $title ), '</th>';
	}
	echo '</tr></thead><tbody>';
	foreach ( $orders as $order ) {
		echo '<tr id="order-', (int) $order->get_id(), '" class="type-shop_order">';
		foreach ( $columns as $name => $title ) {
			echo '<td class="column-', esc_attr( $name ), '">', 'order_number' === $name ? (int) $order->get_id() : '';
			do_action( 'manage_woocommerce_page_wc-orders_custom_column', $name, $order );
			echo '</td>';
		}
		echo '</tr>';
	}
	echo '</tbody></table>';
}
