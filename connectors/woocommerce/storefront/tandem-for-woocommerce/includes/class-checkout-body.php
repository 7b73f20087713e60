<?php
/**
 * The body of checkout.created, in the shapes that WooCommerce gives its orders.
 *
 * @package Tandem
 */

namespace Tandem;

defined( 'ABSPATH' ) || exit;

/**
 * Puts it together. Pure: cart and shopper are passed in.
 */
final class Checkout_Body {

	const BILLING = array( 'first_name', 'last_name', 'email', 'phone', 'city', 'state', 'postcode', 'country' );

	const MAX_TEXT = 200;

	/**
	 * The body, but for `_links`, which the queue adds.
	 *
	 * @param string $token   Of the checkout.
	 * @param string $begun   When it was begun, in UTC: `2026-11-24T14:02:07`.
	 * @param array  $cart    Of Cart_Facts::of_cart().
	 * @param array  $shopper `id` and `billing` of Cart_Facts::of_customer().
	 * @param array  $signals Of Frozen_Signals::of().
	 */
	public static function of( string $token, string $begun, array $cart, array $shopper, array $signals ): array {
		$body = array(
			'checkout_token'     => $token,
			'created_at_gmt'     => $begun,
			'currency'           => $cart['currency'],
			'prices_include_tax' => $cart['prices_include_tax'],
			'subtotal'           => $cart['subtotal'],
			'line_items'         => array_values( $cart['line_items'] ),
			'billing'            => (object) self::billing( $shopper['billing'] ),
			'meta_data'          => self::meta_data( $signals ),
		);
		return $shopper['id'] > 0 ? $body + array( 'customer_id' => $shopper['id'] ) : $body;
	}

	/**
	 * Billing's members that hold a text, cut where nobody's name is that long.
	 *
	 * @param array $billing Of the customer and the form.
	 */
	public static function billing( array $billing ): array {
		$kept = array();
		foreach ( self::BILLING as $name ) {
			$text = is_string( $billing[ $name ] ?? null ) ? trim( $billing[ $name ] ) : '';
			if ( '' !== $text && strlen( $text ) <= self::MAX_TEXT ) {
				$kept[ $name ] = $text;
			}
		}
		return $kept;
	}

	/**
	 * In short what makes a body worth telling again: who the shopper is, and what they said of consent.
	 *
	 * @param array $body Of of().
	 */
	public static function gist( array $body ): string {
		$billing = (array) $body['billing'];
		$consent = array_column( $body['meta_data'], 'value', 'key' )['_tandem_consent'] ?? '';
		return implode( "\n", array( strtolower( $billing['email'] ?? '' ), $billing['phone'] ?? '', $consent ) );
	}

	/**
	 * Meta as WooCommerce lists it.
	 *
	 * @param array $signals By key.
	 */
	private static function meta_data( array $signals ): array {
		unset( $signals['_tandem_checkout_token'] );
		$listed = array();
		foreach ( $signals as $key => $value ) {
			$listed[] = array(
				'key'   => (string) $key,
				'value' => $value,
			);
		}
		return $listed;
	}
}
