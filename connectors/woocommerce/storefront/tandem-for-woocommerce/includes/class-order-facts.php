<?php
/**
 * An order or a product as the plain arrays that Purchase reads, money written as WooCommerce's REST API writes it.
 *
 * @package Tandem
 */

namespace Tandem;

defined( 'ABSPATH' ) || exit;

/**
 * Asks WooCommerce's objects; decides nothing.
 */
final class Order_Facts {

	/**
	 * What Purchase needs of an order.
	 *
	 * @param \WC_Order $order Any.
	 */
	public static function of( $order ): array {
		return array(
			'id'                 => (string) $order->get_id(),
			'number'             => (string) $order->get_order_number(),
			'status'             => (string) $order->get_status(),
			'is_paid'            => null !== $order->get_date_paid(),
			'payment_method'     => (string) $order->get_payment_method(),
			'created_via'        => (string) $order->get_created_via(),
			'currency'           => (string) $order->get_currency(),
			'total'              => self::money( $order->get_total() ),
			'shipping_total'     => self::money( $order->get_shipping_total() ),
			'shipping_tax'       => self::money( $order->get_shipping_tax() ),
			'total_tax'          => self::money( $order->get_total_tax() ),
			'prices_include_tax' => (bool) $order->get_prices_include_tax(),
			'lines'              => array_values( array_map( array( self::class, 'line' ), $order->get_items() ) ),
		);
	}

	/**
	 * Who the buyer is, for Meta's advanced matching; only for pages that no cache keeps.
	 *
	 * @param \WC_Order $order Any.
	 */
	public static function buyer( $order ): array {
		$known = array(
			'external_id' => $order->get_customer_id() ? (string) $order->get_customer_id() : '',
			'em'          => $order->get_billing_email(),
			'ph'          => $order->get_billing_phone(),
			'fn'          => $order->get_billing_first_name(),
			'ln'          => $order->get_billing_last_name(),
			'ct'          => $order->get_billing_city(),
			'zp'          => $order->get_billing_postcode(),
			'country'     => $order->get_billing_country(),
		);
		return array_filter( $known, static fn( $text ) => is_string( $text ) && '' !== $text );
	}

	/**
	 * A product as one line of which one piece costs what the shop shows.
	 *
	 * @param \WC_Product $product A product or a variation.
	 */
	public static function product( $product ): array {
		$parent = (int) $product->get_parent_id();
		return array(
			'product_id'   => $parent > 0 ? $parent : (int) $product->get_id(),
			'variation_id' => $parent > 0 ? (int) $product->get_id() : 0,
			'sku'          => (string) $product->get_sku(),
			'quantity'     => 1,
			'total'        => self::money( wc_get_price_to_display( $product ) ),
			'total_tax'    => '0',
		);
	}

	/**
	 * One line of an order.
	 *
	 * @param \WC_Order_Item_Product $item Of it.
	 */
	private static function line( $item ): array {
		$product = $item->get_product();
		return array(
			'product_id'   => (int) $item->get_product_id(),
			'variation_id' => (int) $item->get_variation_id(),
			'sku'          => $product ? (string) $product->get_sku() : '',
			'quantity'     => $item->get_quantity(),
			'total'        => self::money( $item->get_total() ),
			'total_tax'    => self::money( $item->get_total_tax() ),
		);
	}

	/**
	 * An amount with the shop's number of decimals.
	 *
	 * @param mixed $amount Of an object of WooCommerce.
	 */
	private static function money( $amount ): string {
		return number_format( (float) $amount, wc_get_price_decimals(), '.', '' );
	}
}
