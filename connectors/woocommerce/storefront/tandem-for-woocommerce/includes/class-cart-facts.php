<?php
/**
 * What WooCommerce knows of the cart and the shopper.
 *
 * @package Tandem
 */

namespace Tandem;

defined( 'ABSPATH' ) || exit;

/**
 * Reads both into plain arrays.
 */
final class Cart_Facts {

	/**
	 * Of a shopper of whom nothing may be told.
	 */
	const NOBODY = array(
		'id'      => 0,
		'billing' => array(),
	);

	/**
	 * The cart; totals must have been calculated.
	 *
	 * @param \WC_Cart $cart Of the session.
	 */
	public static function of_cart( $cart ): array {
		return array(
			'currency'           => get_woocommerce_currency(),
			'prices_include_tax' => wc_prices_include_tax(),
			'subtotal'           => self::subtotal( $cart ),
			'line_items'         => array_map( array( self::class, 'line' ), array_values( $cart->get_cart() ) ),
		);
	}

	/**
	 * The shopper. What stands in the form is newer than what WooCommerce keeps, and e-mail, phone and names are told to
	 * it only with the order.
	 *
	 * @param \WC_Customer $customer Of the session.
	 * @param array        $form     Billing members typed into the classic form.
	 */
	public static function of_customer( $customer, array $form ): array {
		$billing = array();
		foreach ( Checkout_Body::BILLING as $name ) {
			$typed            = $form[ $name ] ?? '';
			$billing[ $name ] = '' !== $typed ? $typed : (string) $customer->{"get_billing_$name"}();
		}
		$billing['email'] = (string) sanitize_email( $billing['email'] );
		return array(
			'id'      => (int) $customer->get_id(),
			'billing' => self::without_guess( $billing ),
		);
	}

	/**
	 * Billing without country, state, city and postcode as long as nobody is named: they are the shop's guess then.
	 *
	 * @param array $billing Of the customer and the form.
	 */
	private static function without_guess( array $billing ): array {
		$is_named = '' !== $billing['email'] . $billing['phone'] . $billing['last_name'];
		return $is_named ? $billing : array();
	}

	/**
	 * The items after discounts, as the shop displays prices: with tax where they are shown with tax.
	 *
	 * @param \WC_Cart $cart Of the session.
	 */
	private static function subtotal( $cart ): string {
		$tax = $cart->display_prices_including_tax() ? $cart->get_cart_contents_tax() : 0;
		return self::money( (float) $cart->get_cart_contents_total() + (float) $tax );
	}

	/**
	 * A line in the shape of an order's.
	 *
	 * @param array $item Of the cart.
	 */
	private static function line( array $item ): array {
		$product = $item['data'] ?? null;
		$line    = array(
			'product_id'   => (int) ( $item['product_id'] ?? 0 ),
			'variation_id' => (int) ( $item['variation_id'] ?? 0 ),
			'sku'          => $product instanceof \WC_Product ? (string) $product->get_sku() : '',
			'quantity'     => $item['quantity'] ?? 0,
			'total'        => self::money( (float) ( $item['line_total'] ?? 0 ) ),
			'total_tax'    => self::money( (float) ( $item['line_tax'] ?? 0 ) ),
		);
		if ( ! $product instanceof \WC_Product ) {
			return $line;
		}
		$line['name'] = wp_strip_all_tags( $product->get_name() );
		$content_id   = Content_Id::of( $product );
		return '' === $content_id ? $line : $line + array( 'content_id' => $content_id );
	}

	/**
	 * An amount as WooCommerce writes it, with the shop's number of decimals.
	 *
	 * @param float $amount Of the cart.
	 */
	private static function money( float $amount ): string {
		return number_format( $amount, wc_get_price_decimals(), '.', '' );
	}
}
