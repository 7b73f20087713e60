<?php
/**
 * Notices that a checkout begins, and that the shopper becomes known in it.
 *
 * In the shopper's request nothing is sent and nothing is waited for: once the page has gone out, what is to be told is
 * put into the queue.
 *
 * @package Tandem
 */

namespace Tandem;

defined( 'ABSPATH' ) || exit;

/**
 * Hooks of both checkouts, and one look when the request ends.
 */
final class Checkout_Watch {

	/**
	 * How often one checkout is told at most: begun, e-mail, phone, and two changes of mind.
	 */
	const MOST = 5;

	/**
	 * Whether this request is one of a checkout.
	 *
	 * @var bool
	 */
	private static $is_due = false;

	/**
	 * Billing as typed into the classic form.
	 *
	 * @var array
	 */
	private static $form = array();

	/**
	 * Registers the hooks.
	 */
	public static function register() {
		add_action( 'template_redirect', array( self::class, 'at_page' ), 99 );
		add_action( 'woocommerce_checkout_update_order_review', array( self::class, 'at_form' ) );
		add_action( 'woocommerce_store_api_cart_update_customer_from_request', array( self::class, 'at_block_form' ) );
		add_action( 'woocommerce_cart_emptied', array( Checkout_Session::class, 'end' ) );
		// At 20 WooCommerce saves the session; the page was sent at 1.
		add_action( 'shutdown', array( self::class, 'at_end' ), 10 );
	}

	/**
	 * A page of the shop: the checkout, classic or block, but not the pages after it.
	 */
	public static function at_page() {
		$is_read = 'GET' === strtoupper( isset( $_SERVER['REQUEST_METHOD'] ) ? sanitize_key( $_SERVER['REQUEST_METHOD'] ) : '' );
		$is_page = $is_read && is_checkout() && ! is_wc_endpoint_url() && ! is_preview();
		// Browsers fetch pages ahead that nobody may ever look at.
		if ( $is_page && false === strpos( Browser::header( 'Sec-Purpose' ) . Browser::header( 'Purpose' ), 'prefetch' ) ) {
			self::begin();
		}
	}

	/**
	 * The classic form told what was typed so far.
	 *
	 * @param mixed $posted The form, as a query; WooCommerce has checked its nonce.
	 */
	public static function at_form( $posted ) {
		parse_str( is_string( $posted ) ? $posted : '', $typed );
		foreach ( Checkout_Body::BILLING as $name ) {
			$value = $typed[ "billing_$name" ] ?? '';
			if ( is_string( $value ) ) {
				self::$form[ $name ] = sanitize_text_field( $value );
			}
		}
		self::$is_due = '' !== Checkout_Session::token();
	}

	/**
	 * The block form told what was typed so far; WooCommerce keeps it by itself. Carts tell addresses too, so this counts
	 * only once the checkout was begun.
	 */
	public static function at_block_form() {
		self::$is_due = '' !== Checkout_Session::token();
	}

	/**
	 * When the request ends: cart and session are as they will be kept.
	 */
	public static function at_end() {
		if ( ! self::$is_due ) {
			return;
		}
		self::$is_due = false;
		try {
			self::tell();
		} catch ( \Throwable $error ) {
			Complaint::about( 'The beginning of a checkout could not be told', $error );
		}
	}

	/**
	 * Begins the checkout, if it is one to tell of. Those who manage the shop look at their own checkout often.
	 */
	private static function begin() {
		if ( ! WC()->session || ! WC()->cart || WC()->cart->is_empty() || current_user_can( 'manage_woocommerce' ) ) {
			return;
		}
		if ( Settings::tells_checkouts() && Connection::current()->speaks() ) {
			Checkout_Session::begin();
			self::$is_due = true;
		}
	}

	/**
	 * Puts into the queue what is news. Of those who refused nothing is told, but for the refusal where something was told
	 * before they did; what still waits in the queue is taken back.
	 */
	private static function tell() {
		$token    = Checkout_Session::token();
		$consent  = Consent::stated();
		$refused  = Consent::is_refused( $consent );
		$had_left = Checkout_Session::times_told() - ( $refused && Checkout_Queue::take_back( $token ) ? 1 : 0 ) > 0;
		if ( ( $refused && ! $had_left ) || ! WC()->cart || WC()->cart->is_empty() || ! Settings::tells_checkouts() || ! Connection::current()->speaks() ) {
			return;
		}
		$signals = Frozen_Signals::of( Browser::seen(), $consent, $token, Click::now(), TANDEM_VERSION );
		$shopper = $refused ? Cart_Facts::NOBODY : Cart_Facts::of_customer( WC()->customer, self::$form );
		$body    = Checkout_Body::of( $token, Checkout_Session::begun(), Cart_Facts::of_cart( WC()->cart ), $shopper, $signals );
		if ( Checkout_Session::is_news( Checkout_Body::gist( $body ), self::MOST ) ) {
			Checkout_Queue::put( $token, $body );
		}
	}
}
