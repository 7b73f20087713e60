<?php
// The visitor's session, customer and cart. Each product there is costs 10.00.

defined( 'ABSPATH' ) || exit;

class WC_Session_Handler {
	private $id;

	public function __construct() {
		$this->id = sanitize_key( $_COOKIE['standin_session'] ?? '' );
		if ( '' === $this->id ) {
			$this->id = strtolower( wp_generate_password( 20, false ) );
			headers_sent() || setcookie( 'standin_session', $this->id, 0, '/' );
		}
	}

	public function get_customer_id() {
		return $this->id;
	}

	public function get_customer_unique_id() {
		return $this->id;
	}

	public function has_session() {
		return isset( $_COOKIE['standin_session'] );
	}

	public function get( $key, $default = null ) {
		return get_option( 'standin_sessions', array() )[ $this->id ][ $key ] ?? $default;
	}

	public function set( $key, $value ) {
		$all                      = get_option( 'standin_sessions', array() );
		$all[ $this->id ][ $key ] = $value;
		update_option( 'standin_sessions', $all, false );
	}
}

class WC_Customer extends WC_Data {
	protected $data = array(
		'billing_email'      => '',
		'billing_phone'      => '',
		'billing_first_name' => '',
		'billing_last_name'  => '',
		'billing_city'       => '',
		'billing_state'      => '',
		'billing_postcode'   => '',
		'billing_country'    => '',
	);

	public function get_billing() {
		$named = array();
		foreach ( $this->data as $name => $value ) {
			$named[ substr( $name, strlen( 'billing_' ) ) ] = $value;
		}
		return $named;
	}

	public function save() {
		WC()->session->set( 'customer', $this->data );
	}
}

class WC_Product extends WC_Data {
	protected $data = array(
		'name'      => 'Mug',
		'sku'       => 'MUG',
		'price'     => '10.00',
		'parent_id' => 0,
		'children'  => array(),
	);

	public function __construct( $id ) {
		$this->id = $id;
	}
}

function wc_get_product( $id ) {
	return new WC_Product( (int) $id );
}

function wc_get_price_to_display( $product ) {
	return $product->get_price();
}

/** GET ?product: the page of the mug, whichever page WordPress takes it for. */
function is_product() {
	return isset( $_GET['product'] );
}

class WC_Cart {
	private $session;

	public function __construct( $session ) {
		$this->session = $session;
	}

	public function add_to_cart( $product_id, $quantity = 1 ) {
		$lines                       = $this->session->get( 'cart', array() );
		$lines[ md5( $product_id ) ] = array(
			'key'          => md5( $product_id ),
			'product_id'   => $product_id,
			'variation_id' => 0,
			'quantity'     => $quantity,
		);
		$this->session->set( 'cart', $lines );
		do_action( 'woocommerce_add_to_cart', md5( $product_id ), $product_id, $quantity, 0, array(), array() );
	}

	public function get_cart() {
		$with_prices = function ( $line ) {
			$total = 10.0 * $line['quantity'];
			return $line + array(
				'data'              => wc_get_product( $line['product_id'] ),
				'line_subtotal'     => $total,
				'line_subtotal_tax' => 0.0,
				'line_total'        => $total,
				'line_tax'          => 0.0,
			);
		};
		return array_map( $with_prices, $this->session->get( 'cart', array() ) );
	}

	public function get_cart_contents() {
		return $this->get_cart();
	}

	public function is_empty() {
		return array() === $this->get_cart();
	}

	public function get_cart_hash() {
		return $this->is_empty() ? '' : md5( wp_json_encode( $this->session->get( 'cart' ) ) );
	}

	public function get_subtotal() {
		return array_sum( array_column( $this->get_cart(), 'line_subtotal' ) );
	}

	public function get_cart_contents_total() {
		return $this->get_subtotal();
	}

	public function get_cart_contents_tax() {
		return 0.0;
	}

	public function display_prices_including_tax() {
		return wc_prices_include_tax();
	}

	public function get_total( $context = 'view' ) {
		return $this->get_subtotal();
	}

	public function empty_cart() {
		$this->session->set( 'cart', array() );
		do_action( 'woocommerce_cart_emptied' );
	}
}
