<?php
/**
 * Plugin Name: WooCommerce
 * Description: A stand-in, for tests. Not WooCommerce: only what our plugin meets of it.
 * Version: 10.0.2
 *
 * WooCommerce is in no package registry that the tests may use, so this is constructed from what a real store did: the
 * hooks in the order in which a real checkout calls them, orders that keep their meta, a queue that runs when it is
 * told. It has no prices, taxes, payments or screens of its own, and believes everybody. What is here says that our
 * plugin calls and answers as intended; only a real WooCommerce shows that WooCommerce does what this does.
 */

defined( 'ABSPATH' ) || exit;

define( 'WC_VERSION', '10.0.2' );
define( 'WC_PLUGIN_FILE', __FILE__ );
define( 'WC_ABSPATH', __DIR__ . '/' );

require __DIR__ . '/features.php';
require __DIR__ . '/data.php';
require __DIR__ . '/orders.php';
require __DIR__ . '/cart.php';
require __DIR__ . '/queue.php';
require __DIR__ . '/checkout.php';
require __DIR__ . '/screens.php';

final class WooCommerce {
	public $version = WC_VERSION;
	public $session;
	public $customer;
	public $cart;
	public $countries;

	/** As WooCommerce does it: on init, before everything else; session and cart for visitors and the Store API only. */
	public function init() {
		do_action( 'before_woocommerce_init' );
		$this->countries = new WC_Countries();
		if ( $this->has_visitor() ) {
			$this->session  = new WC_Session_Handler();
			$this->customer = new WC_Customer( $this->session->get( 'customer' ) ?? array() );
			$this->cart     = new WC_Cart( $this->session );
		}
		do_action( 'woocommerce_init' );
	}

	private function has_visitor() {
		$asked = $_SERVER['REQUEST_URI'] ?? '';
		$rest  = str_contains( $asked, '/wp-json/' ) && ! str_contains( $asked, '/wc/store/' );
		return ! $rest && ! is_admin() && ! wp_doing_cron();
	}
}

function WC() {
	static $one;
	return $one ??= new WooCommerce();
}

WC();
add_action( 'plugins_loaded', fn() => do_action( 'woocommerce_loaded' ), -1 );
add_action( 'init', array( WC(), 'init' ), 0 );

register_activation_hook(
	__FILE__,
	function () {
		foreach ( array( 'manage_woocommerce', 'edit_shop_orders', 'edit_others_shop_orders' ) as $capability ) {
			get_role( 'administrator' )->add_cap( $capability );
		}
		add_role( 'shop_manager', 'Shop manager', array_fill_keys( array( 'read', 'manage_woocommerce', 'edit_shop_orders', 'edit_others_shop_orders' ), true ) );
		add_role( 'customer', 'Customer', array( 'read' => true ) );
	}
);

class WC_Logger {
	/** One line each, in wp-content/woocommerce.log: a test can read what was logged, and what was not. */
	public function log( $level, $message, $context = array() ) {
		file_put_contents( WP_CONTENT_DIR . '/woocommerce.log', "$level $message " . wp_json_encode( $context ) . "\n", FILE_APPEND );
	}

	public function __call( $level, $told ) {
		$this->log( $level, ...$told );
	}
}

function wc_get_logger() {
	return new WC_Logger();
}

function get_woocommerce_currency() {
	return get_option( 'woocommerce_currency', 'USD' );
}

function wc_get_price_decimals() {
	return (int) get_option( 'woocommerce_price_num_decimals', 2 );
}

function wc_prices_include_tax() {
	return 'yes' === get_option( 'woocommerce_prices_include_tax', 'no' );
}

class WC_Countries {
	public function get_base_country() {
		return explode( ':', get_option( 'woocommerce_default_country', 'US:CA' ) )[0];
	}
}

function wc_format_decimal( $number, $decimals = false ) {
	return false === $decimals ? (string) $number : number_format( (float) $number, (int) $decimals, '.', '' );
}

function wc_clean( $told ) {
	return is_array( $told ) ? array_map( 'wc_clean', $told ) : sanitize_text_field( $told );
}

function wc_get_user_agent() {
	return wc_clean( wp_unslash( $_SERVER['HTTP_USER_AGENT'] ?? '' ) );
}

class WC_Geolocation {
	public static function get_ip_address() {
		$told = $_SERVER['HTTP_X_REAL_IP'] ?? trim( explode( ',', $_SERVER['HTTP_X_FORWARDED_FOR'] ?? '' )[0] );
		return $told ?: ( $_SERVER['REMOTE_ADDR'] ?? '' );
	}
}
