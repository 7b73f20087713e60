<?php
/**
 * The checkout a shopper is in: one token from the checkout page to the order, kept in WooCommerce's session.
 *
 * @package Tandem
 */

namespace Tandem;

defined( 'ABSPATH' ) || exit;

/**
 * Begins, reads and ends it. A retry of a failed order is the same checkout; an emptied cart ends it.
 */
final class Checkout_Session {

	const KEY = 'tandem_checkout';

	/**
	 * The token, or '' where no checkout was begun.
	 */
	public static function token(): string {
		$kept = self::kept();
		return $kept['token'] ?? '';
	}

	/**
	 * When it was begun, in UTC: `2026-11-24T14:02:07`.
	 */
	public static function begun(): string {
		$kept = self::kept();
		return $kept['begun'] ?? '';
	}

	/**
	 * Begins a checkout, unless one was begun.
	 */
	public static function begin() {
		if ( '' === self::token() ) {
			self::keep(
				array(
					'token' => bin2hex( random_bytes( 16 ) ),
					'begun' => gmdate( 'Y-m-d\TH:i:s' ),
					'told'  => array(),
				)
			);
		}
	}

	/**
	 * Whether something new is to be told, which is remembered.
	 *
	 * @param string $gist What would be told, in short; only its hash is kept.
	 * @param int    $most How often one checkout is told at most.
	 */
	public static function is_news( string $gist, int $most ): bool {
		$kept = self::kept();
		$told = $kept['told'] ?? array();
		$hash = substr( hash( 'sha256', $gist ), 0, 16 );
		if ( array() === $kept || count( $told ) >= $most || in_array( $hash, $told, true ) ) {
			return false;
		}
		$kept['told'][] = $hash;
		self::keep( $kept );
		return true;
	}

	/**
	 * How often something of this checkout was put into the queue.
	 */
	public static function times_told(): int {
		return count( self::kept()['told'] ?? array() );
	}

	/**
	 * Ends it: the next cart is another checkout.
	 */
	public static function end() {
		if ( array() !== self::kept() ) {
			WC()->session->set( self::KEY, null );
		}
	}

	/**
	 * What the session holds.
	 */
	private static function kept(): array {
		$kept = WC()->session ? WC()->session->get( self::KEY ) : null;
		return is_array( $kept ) ? $kept : array();
	}

	/**
	 * Puts it into the session.
	 *
	 * @param array $kept token, begun and told.
	 */
	private static function keep( array $kept ) {
		WC()->session->set( self::KEY, $kept );
	}
}
