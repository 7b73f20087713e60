<?php
/**
 * Freezes what the browser shows into the order, in the very request that places it.
 *
 * Only there: payment hooks run in requests of payment companies, whose cookies, address and agent are not the shopper's.
 * The order is saved by WooCommerce itself right after both hooks, so we never save, and any storage of orders will do.
 *
 * @package Tandem
 */

namespace Tandem;

defined( 'ABSPATH' ) || exit;

/**
 * The two checkouts' hooks. A copy of the shop freezes too: what it keeps does not leave it.
 */
final class Freezing {

	/**
	 * Names which of the shared keys we wrote, since others write them too.
	 */
	const OWN = '_tandem_own';

	/**
	 * Registers the hooks.
	 */
	public static function register() {
		add_action( 'woocommerce_checkout_create_order', array( self::class, 'at_classic' ), 10, 1 );
		add_action( 'woocommerce_store_api_checkout_update_order_from_request', array( self::class, 'at_block' ), 10, 2 );
		// WooCommerce Subscriptions copies an order's meta to its renewals, which belong to no checkout.
		add_filter( 'wc_subscriptions_object_data', array( self::class, 'without_token' ) );
	}

	/**
	 * The classic checkout; also where an order whose payment failed is tried again.
	 *
	 * @param \WC_Order $order About to be saved.
	 */
	public static function at_classic( $order ) {
		// Some payment plugins make the order in a request of their own server: it has no shopper's session.
		if ( wp_doing_cron() || ! WC()->session || ! WC()->session->has_session() ) {
			return;
		}
		// phpcs:disable WordPress.Security.NonceVerification, WordPress.Security.ValidatedSanitizedInput -- WooCommerce verified its form; Click and Landing_Page judge by grammar.
		$posted = array();
		foreach ( array( 'session_entry', 'session_start_time' ) as $name ) {
			$value           = isset( $_POST[ 'wc_order_attribution_' . $name ] ) ? wp_unslash( $_POST[ 'wc_order_attribution_' . $name ] ) : '';
			$posted[ $name ] = $value;
		}
		// phpcs:enable
		self::freeze( $order, $posted );
	}

	/**
	 * The block checkout. The hook also runs while the shopper is still typing (PUT, PATCH) and when an order made
	 * earlier is paid for (`/checkout/<id>`): neither places an order.
	 *
	 * @param \WC_Order        $order   About to be saved.
	 * @param \WP_REST_Request $request Of the Store API.
	 */
	public static function at_block( $order, $request ) {
		if ( 'POST' !== $request->get_method() || null !== $request['id'] ) {
			return;
		}
		$extensions = $request['extensions'];
		$posted     = is_array( $extensions ) ? ( $extensions['woocommerce/order-attribution'] ?? array() ) : array();
		self::freeze( $order, is_array( $posted ) ? $posted : array() );
	}

	/**
	 * Takes the checkout's token out of what is copied to another order.
	 *
	 * @param mixed $data Meta by key.
	 * @return mixed
	 */
	public static function without_token( $data ) {
		if ( is_array( $data ) ) {
			unset( $data['_tandem_checkout_token'] );
		}
		return $data;
	}

	/**
	 * Writes the meta. Nothing that goes wrong here may keep a shopper from buying.
	 *
	 * @param \WC_Order $order       About to be saved.
	 * @param array     $attribution What WooCommerce's order attribution posted.
	 */
	private static function freeze( $order, array $attribution ) {
		try {
			if ( Connection::current()->is_connected() ) {
				self::write( $order, self::signals( $attribution ) );
			}
		} catch ( \Throwable $error ) {
			Complaint::about( 'The signals of an order could not be frozen', $error );
		}
	}

	/**
	 * The meta of this request.
	 *
	 * @param array $attribution What WooCommerce's order attribution posted.
	 */
	private static function signals( array $attribution ): array {
		$seen = Browser::seen();
		foreach ( array(
			'entry' => 'session_entry',
			'began' => 'session_start_time',
		) as $ours => $theirs ) {
			$value         = $attribution[ $theirs ] ?? '';
			$seen[ $ours ] = is_string( $value ) ? $value : '';
		}
		return Frozen_Signals::of( $seen, Consent::stated(), Checkout_Session::token(), Click::now(), TANDEM_VERSION );
	}

	/**
	 * First write wins, but for a refusal: who tries again after a failed payment may have refused in between.
	 *
	 * @param \WC_Order $order   About to be saved.
	 * @param array     $signals Meta by key.
	 */
	private static function write( $order, array $signals ) {
		$is_first = '' === (string) $order->get_meta( '_tandem_version' );
		if ( ! $is_first && ! Consent::is_refused( (array) json_decode( $signals['_tandem_consent'] ?? '', true ) ) ) {
			return;
		}
		if ( ! $is_first ) {
			self::take_back( $order );
		}
		$own = array();
		foreach ( $signals as $key => $value ) {
			if ( '' === (string) $order->get_meta( $key ) ) {
				$order->update_meta_data( $key, $value );
				$own[] = $key;
			}
		}
		$shared = array_intersect( Frozen_Signals::SHARED_KEYS, $own );
		if ( array() !== $shared ) {
			$order->update_meta_data( self::OWN, implode( ' ', $shared ) );
		}
	}

	/**
	 * Takes away what was frozen of the person before they refused, and the consent before the refusal.
	 *
	 * @param \WC_Order $order About to be saved.
	 */
	private static function take_back( $order ) {
		$ours  = explode( ' ', (string) $order->get_meta( self::OWN ) );
		$keys  = array_diff( Frozen_Signals::PERSONAL_KEYS, array_diff( Frozen_Signals::SHARED_KEYS, $ours ) );
		$keys  = array_merge( $keys, array( '_tandem_consent', self::OWN ) );
		foreach ( $keys as $key ) {
			$order->delete_meta_data( $key );
		}
	}
}
