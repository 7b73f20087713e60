<?php
/**
 * What the Pixel tells of an order: the same that the service tells Meta of it, id, value and contents, and whether it
 * counts yet. Where this and the service differ, Meta counts one purchase twice, or with two values.
 *
 * @package Tandem
 */

namespace Tandem;

/**
 * Reads a plain array of an order. Pure: nothing here needs WordPress.
 */
final class Purchase {

	const PAID   = 'paid';
	const PLACED = 'placed';

	/**
	 * Statuses that say by themselves how far the order has come; '' is neither paid nor placed.
	 */
	const STANDINGS = array(
		'checkout-draft' => '',
		'auto-draft'     => '',
		'draft'          => '',
		'failed'         => '',
		'cancelled'      => '',
		'refunded'       => '',
		'trash'          => '',
		'completed'      => self::PAID,
	);

	/**
	 * Of the others, while no date says that it was paid. `pending` is a buyer who was sent off to pay elsewhere.
	 */
	const STANDINGS_WITHOUT_DATE_PAID = array(
		'processing' => self::PAID,
		'on-hold'    => self::PLACED,
	);

	const AWAITING_CASH = array( 'pending', 'on-hold', 'processing' );

	/**
	 * Doors through which no shopper came: made by hand in wp-admin, or a subscription's renewal.
	 */
	const NOT_WEBSITE = array( 'admin', 'subscription' );

	const MAX_CONTENTS = 500;
	const MAX_SKU      = 100;
	const MAX_NUMBER   = 64;

	/**
	 * Whether Meta is to be told of it now, by the shop's settings.
	 *
	 * @param array $order status, is_paid, payment_method, created_via.
	 * @param array $plan  Of Plan.
	 */
	public static function counts( array $order, array $plan ): bool {
		if ( in_array( $order['created_via'], self::NOT_WEBSITE, true ) ) {
			return false;
		}
		$is_cash  = 'cod' === $order['payment_method'];
		$when     = $plan[ $is_cash ? 'cod_when' : 'purchase_when' ];
		$standing = self::standing( $order['status'], $order['is_paid'], $is_cash );
		return self::PAID === $standing || ( self::PLACED === $standing && 'placed' === $when );
	}

	/**
	 * How far the order has come: paid, placed, or '' for neither.
	 *
	 * @param string $status  Without `wc-`.
	 * @param bool   $is_paid Whether it has a date of payment.
	 * @param bool   $is_cash Whether it is paid on delivery, when `processing` only means that the parcel leaves.
	 */
	private static function standing( string $status, bool $is_paid, bool $is_cash ): string {
		if ( isset( self::STANDINGS[ $status ] ) ) {
			return self::STANDINGS[ $status ];
		}
		if ( $is_paid ) {
			return self::PAID;
		}
		if ( $is_cash && in_array( $status, self::AWAITING_CASH, true ) ) {
			return self::PLACED;
		}
		return self::STANDINGS_WITHOUT_DATE_PAID[ $status ] ?? '';
	}

	/**
	 * The id that both riders give the purchase.
	 *
	 * @param array $order id and number.
	 * @param array $plan  Of Plan.
	 */
	public static function event_id( array $order, array $plan ): string {
		$number = '' === $order['number'] ? $order['id'] : $order['number'];
		return strtr(
			$plan['event_id_template'],
			array(
				'{order_id}'     => $order['id'],
				'{order_number}' => self::cut( $number, self::MAX_NUMBER ),
				'{store_key}'    => $plan['store_key'],
			)
		);
	}

	/**
	 * Meta's custom_data; without value and currency where the amount cannot be read.
	 *
	 * @param array $order Money as WooCommerce's REST API writes it.
	 * @param array $plan  Of Plan.
	 */
	public static function custom_data( array $order, array $plan ): array {
		$worth = self::worth( $order, $plan['value_basis'] );
		$told  = array( 'order_id' => $order['id'] );
		if ( null !== $worth ) {
			$told['value']    = Decimals::number( max( 0.0, $worth ), $order['currency'] );
			$told['currency'] = $order['currency'];
		}
		return $told + self::contents( $order['lines'], $order['currency'], $order['prices_include_tax'], $plan['content_id_template'], $plan['never_named'] ?? array() );
	}

	/**
	 * What it is worth, in millionths, or null.
	 *
	 * @param array  $order With total, shipping_total, shipping_tax, total_tax and lines.
	 * @param string $basis Of the plan.
	 * @return float|null
	 */
	private static function worth( array $order, string $basis ) {
		$total = Decimals::read( $order['total'] );
		if ( null === $total || $total < 0 || 'total' === $basis ) {
			return null === $total || $total < 0 ? null : $total;
		}
		if ( 'without_shipping' === $basis ) {
			return $total - Decimals::part( $order['shipping_total'] ) - Decimals::part( $order['shipping_tax'] );
		}
		if ( 'without_tax' === $basis ) {
			return $total - Decimals::part( $order['total_tax'] );
		}
		$sum = 0.0;
		foreach ( $order['lines'] as $line ) {
			$sum += (float) self::cost( $line, $order['prices_include_tax'] );
		}
		return $sum;
	}

	/**
	 * Which products, and how many. Also of a cart: its lines have the same shape.
	 *
	 * @param array  $lines       product_id, variation_id, sku, quantity, total, total_tax.
	 * @param string $currency    Three letters.
	 * @param bool   $with_tax    Whether the shop's prices include tax.
	 * @param string $template    Of catalogue ids.
	 * @param array  $never_named Of Plan.
	 */
	public static function contents( array $lines, string $currency, bool $with_tax, string $template, array $never_named = array() ): array {
		$contents = array();
		$pieces   = 0;
		foreach ( self::readable( $lines, $with_tax ) as $line ) {
			if ( Unnamed::has( $line, $template, $never_named ) ) {
				continue;
			}
			$pieces    += (int) $line['quantity'];
			$content_id = self::content_id( $line, $template );
			if ( '' !== $content_id ) {
				$contents[] = array(
					'id'         => $content_id,
					'quantity'   => (int) $line['quantity'],
					'item_price' => Decimals::number( (float) self::cost( $line, $with_tax ), $currency, (int) $line['quantity'] ),
				);
			}
		}
		if ( array() === $contents ) {
			return array();
		}
		return array(
			'content_type' => 'product',
			'content_ids'  => array_values( array_unique( array_column( $contents, 'id' ) ) ),
			'contents'     => $contents,
			'num_items'    => $pieces,
		);
	}

	/**
	 * The catalogue's id of a product, or '' where it has none of the ids that the template asks for.
	 *
	 * @param array  $line     product_id, variation_id, sku; 0 and '' for what there is not.
	 * @param string $template Of the plan.
	 */
	public static function content_id( array $line, string $template ): string {
		$product = (int) $line['product_id'] > 0 ? (string) (int) $line['product_id'] : '';
		$words   = array(
			'{variant_id}' => (int) $line['variation_id'] > 0 ? (string) (int) $line['variation_id'] : $product,
			'{product_id}' => $product,
			'{sku}'        => self::cut( trim( (string) $line['sku'] ), self::MAX_SKU ),
		);
		foreach ( $words as $name => $value ) {
			if ( '' === $value && false !== strpos( $template, $name ) ) {
				return '';
			}
		}
		return strtr( $template, $words );
	}

	/**
	 * The lines that have a price and a whole, positive quantity; the first 500 of them.
	 *
	 * @param array $lines    Of an order or a cart.
	 * @param bool  $with_tax Whether the shop's prices include tax.
	 */
	private static function readable( array $lines, bool $with_tax ): array {
		$kept = array();
		foreach ( $lines as $line ) {
			$quantity = $line['quantity'];
			$cost     = self::cost( $line, $with_tax );
			if ( is_numeric( $quantity ) && (float) (int) $quantity === (float) $quantity && $quantity > 0 && $quantity <= 1000000 && null !== $cost && $cost >= 0 ) {
				$kept[] = $line;
			}
		}
		return array_slice( $kept, 0, self::MAX_CONTENTS );
	}

	/**
	 * What all pieces of a line cost after discounts, as the shop shows prices; null where that cannot be read.
	 *
	 * @param array $line     total and total_tax.
	 * @param bool  $with_tax Whether the shop's prices include tax.
	 * @return float|null Millionths.
	 */
	private static function cost( array $line, bool $with_tax ) {
		$total = Decimals::read( $line['total'] );
		return null === $total || ! $with_tax ? $total : $total + Decimals::part( $line['total_tax'] );
	}

	/**
	 * The first characters of a text.
	 *
	 * @param string $text  In UTF-8.
	 * @param int    $most  How many.
	 */
	private static function cut( string $text, int $most ): string {
		return preg_match( '/^.{0,' . $most . '}/us', $text, $cut ) ? $cut[0] : '';
	}
}
