<?php
/**
 * Items that the merchant never names: the service tells their ids and SKUs with the plan, and no page shows the list.
 *
 * @package Tandem
 */

namespace Tandem;

/**
 * Compares them as the service does: upper and lower case alike, `*` for any text, every other sign for itself. Pure.
 */
final class Unnamed {

	/**
	 * Whether a line is of such an item, by any of its ids.
	 *
	 * @param array  $line     product_id, variation_id, sku; of an order, a cart or a product.
	 * @param string $template Of catalogue ids.
	 * @param array  $patterns Of the plan.
	 */
	public static function has( array $line, string $template, array $patterns ): bool {
		foreach ( array() === $patterns ? array() : self::ids( $line, $template ) as $id ) {
			foreach ( $patterns as $pattern ) {
				if ( self::fits( self::small( $pattern ), $id ) ) {
					return true;
				}
			}
		}
		return false;
	}

	/**
	 * What it may be known by.
	 *
	 * @param array  $line     Of an order, a cart or a product.
	 * @param string $template Of catalogue ids.
	 */
	private static function ids( array $line, string $template ): array {
		$ids = array(
			Purchase::content_id( $line, '{variant_id}' ),
			Purchase::content_id( $line, '{product_id}' ),
			Purchase::content_id( $line, '{sku}' ),
			Purchase::content_id( $line, $template ),
		);
		return array_map( array( self::class, 'small' ), array_diff( $ids, array( '' ) ) );
	}

	/**
	 * Whether a text begins with what stands before the first star, ends with what stands after the last, and has the rest in
	 * turn.
	 *
	 * @param string $pattern In lower case.
	 * @param string $text    In lower case.
	 */
	private static function fits( string $pattern, string $text ): bool {
		$between = explode( '*', $pattern );
		$first   = array_shift( $between );
		if ( array() === $between ) {
			return $first === $text;
		}
		$last = array_pop( $between );
		$end  = strlen( $text ) - strlen( $last );
		if ( strlen( $first ) > $end || 0 !== strncmp( $text, $first, strlen( $first ) ) || substr( $text, $end ) !== $last ) {
			return false;
		}
		$left = (string) substr( $text, strlen( $first ), $end - strlen( $first ) );
		foreach ( array_diff( $between, array( '' ) ) as $one ) {
			$found = strpos( $left, $one );
			if ( false === $found ) {
				return false;
			}
			$left = (string) substr( $left, $found + strlen( $one ) );
		}
		return true;
	}

	/**
	 * A text in lower case; where PHP cannot do that for letters beyond ASCII, they stay as they are.
	 *
	 * @param string $text In UTF-8.
	 */
	private static function small( string $text ): string {
		return function_exists( 'mb_strtolower' ) ? mb_strtolower( $text, 'UTF-8' ) : strtolower( $text );
	}
}
