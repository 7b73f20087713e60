<?php
// Both checkouts and the thank-you page, over HTTP: the hooks in the order in which a real store was seen to call them.
// GET ?add-to-cart=ID, GET ?checkout, POST ?wc-ajax=update_order_review, POST ?wc-ajax=checkout; and of the Store API
// POST /wp-json/wc/store/v1/cart/update-customer, PUT and POST /wp-json/wc/store/v1/checkout.

defined( 'ABSPATH' ) || exit;

function is_checkout() {
	return isset( $_GET['checkout'] ) || is_order_received_page();
}

function is_order_received_page() {
	return '' !== (string) get_query_var( 'order-received' );
}

function is_account_page() {
	return false;
}

/** The pages after the checkout's own. */
function is_wc_endpoint_url( $endpoint = false ) {
	return is_order_received_page();
}

/** There is no page of its own: is_checkout() goes by the query. */
function wc_get_page_id( $page ) {
	return -1;
}

function wc_get_checkout_url() {
	return home_url( '/?checkout' );
}

add_filter( 'query_vars', fn( $known ) => array_merge( $known, array( 'order-received' ) ) );
// A query variable of its own makes of the front page a list of posts: that is all the same here.
add_filter( 'redirect_canonical', fn( $url ) => is_order_received_page() ? false : $url );

function standin_new_order( $via, $billing ) {
	return new WC_Order(
		$billing + array(
			'created_via'         => $via,
			'currency'            => get_woocommerce_currency(),
			'total'               => wc_format_decimal( WC()->cart->get_total(), wc_get_price_decimals() ),
			'customer_id'         => get_current_user_id(),
			'customer_ip_address' => WC_Geolocation::get_ip_address(),
			'customer_user_agent' => wc_get_user_agent(),
		)
	);
}

/** Paid by card: while the shopper waits. Any other method waits for its money. */
function standin_pay( $order, $method ) {
	$order->set_payment_method( $method );
	'card' === $method ? $order->payment_complete() : $order->update_status( 'on-hold' );
	WC()->cart->empty_cart();
}

function standin_place( $posted, $method ) {
	do_action( 'woocommerce_checkout_process' );
	$order = standin_new_order( 'checkout', $posted );
	do_action( 'woocommerce_checkout_create_order', $order, $posted );
	$id = $order->save();
	do_action( 'woocommerce_checkout_update_order_meta', $id, $posted );
	do_action( 'woocommerce_checkout_order_created', $order );
	do_action( 'woocommerce_checkout_order_processed', $id, $posted, $order );
	standin_pay( $order, $method );
	return array(
		'result'   => 'success',
		'order_id' => $id,
		'redirect' => $order->get_checkout_order_received_url(),
	);
}

add_action(
	'template_redirect',
	function () {
		if ( isset( $_GET['add-to-cart'] ) ) {
			WC()->cart->add_to_cart( (int) $_GET['add-to-cart'] );
		}
		$asked = $_GET['wc-ajax'] ?? '';
		if ( 'update_order_review' === $asked ) {
			do_action( 'woocommerce_checkout_update_order_review', wp_unslash( $_POST['post_data'] ?? '' ) );
			wp_send_json( array( 'result' => 'success' ) );
		}
		if ( 'checkout' === $asked ) {
			$billing = array_flip( preg_grep( '/^billing_/', array_keys( $_POST ) ) );
			wp_send_json( standin_place( array_intersect_key( wp_unslash( $_POST ), $billing ), $_POST['payment_method'] ?? 'card' ) );
		}
	}
);

add_filter(
	'the_content',
	function ( $content ) {
		if ( ! in_the_loop() || ! is_checkout() ) {
			return $content;
		}
		ob_start();
		if ( is_order_received_page() ) {
			$order = wc_get_order( get_query_var( 'order-received' ) );
			if ( $order && hash_equals( $order->get_order_key(), $_GET['key'] ?? '' ) ) {
				do_action( 'woocommerce_thankyou', $order->get_id() );
			}
		} else {
			do_action( 'woocommerce_before_checkout_form', null );
			do_action( 'woocommerce_after_order_notes', null );
			do_action( 'woocommerce_after_checkout_form', null );
		}
		return ob_get_clean();
	}
);

add_action(
	'rest_api_init',
	function () {
		$everybody = array( 'permission_callback' => '__return_true' );
		$customer  = fn( $request ) => array_combine(
			array_map( fn( $name ) => "billing_$name", array_keys( $request['billing_address'] ?? array() ) ),
			array_values( $request['billing_address'] ?? array() )
		);
		$updating  = function ( $request ) use ( $customer ) {
			foreach ( $customer( $request ) as $name => $value ) {
				WC()->customer->{"set_$name"}( $value );
			}
			WC()->customer->save();
			do_action( 'woocommerce_store_api_cart_update_customer_from_request', WC()->customer, $request );
			return array( 'order_id' => 0 );
		};
		$placing   = function ( $request ) use ( $customer ) {
			$order = standin_new_order( 'store-api', $customer( $request ) );
			do_action( 'woocommerce_store_api_checkout_update_order_meta', $order );
			do_action( 'woocommerce_store_api_checkout_update_order_from_request', $order, $request );
			$order->save();
			do_action( 'woocommerce_store_api_checkout_order_processed', $order );
			standin_pay( $order, $request['payment_method'] ?? 'card' );
			return array(
				'order_id'       => $order->get_id(),
				'order_key'      => $order->get_order_key(),
				'status'         => $order->get_status(),
				'payment_result' => array( 'redirect_url' => $order->get_checkout_order_received_url() ),
			);
		};
		register_rest_route( 'wc/store/v1', '/cart/update-customer', array( 'methods' => 'POST', 'callback' => $updating ) + $everybody );
		register_rest_route( 'wc/store/v1', '/checkout', array( array( 'methods' => 'PUT', 'callback' => $updating ) + $everybody, array( 'methods' => 'POST', 'callback' => $placing ) + $everybody ) );
	}
);
