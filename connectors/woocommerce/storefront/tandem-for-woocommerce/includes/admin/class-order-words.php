<?php
/**
 * What Meta knows of an order, in the few words of a table's cell.
 *
 * @package Tandem
 */

namespace Tandem\Admin;

defined( 'ABSPATH' ) || exit;

/**
 * Pure but for the translations: what Tandem answers in, words out.
 */
final class Order_Words {

	/**
	 * The cell's text: "Pixel and server, 14:02", "not sent: no consent".
	 *
	 * @param array<string, mixed> $told  `state`, `told_by`, `reason` and `at` (RFC 3339, or null), as Tandem answers.
	 * @param callable             $clock Makes Unix seconds into the time of day, or the day and the time, of the shop.
	 * @return string Plain text, not escaped; empty where nothing is known.
	 */
	public static function of( array $told, $clock ) {
		$state  = isset( $told['state'] ) && is_string( $told['state'] ) ? $told['state'] : '';
		$reason = isset( $told['reason'] ) && is_string( $told['reason'] ) ? $told['reason'] : '';
		$riders = self::riders( isset( $told['told_by'] ) && is_array( $told['told_by'] ) ? $told['told_by'] : array() );
		$at     = isset( $told['at'] ) && is_string( $told['at'] ) ? strtotime( $told['at'] ) : false;
		if ( '' !== $riders ) {
			/* translators: 1: who told Meta, like "Pixel and server"; 2: a time. */
			return false === $at ? $riders : sprintf( __( '%1$s, %2$s', 'tandem-for-woocommerce' ), $riders, call_user_func( $clock, $at ) );
		}
		$words = self::states();
		if ( ! isset( $words[ $state ] ) ) {
			return '';
		}
		/* translators: 1: how far it has come, like "not sent"; 2: why. */
		return '' === $reason ? $words[ $state ] : sprintf( __( '%1$s: %2$s', 'tandem-for-woocommerce' ), $words[ $state ], self::reason( $reason ) );
	}

	/**
	 * Who told Meta.
	 *
	 * @param array<int, mixed> $told_by "pixel", "server".
	 * @return string
	 */
	private static function riders( array $told_by ) {
		$pixel  = in_array( 'pixel', $told_by, true );
		$server = in_array( 'server', $told_by, true );
		if ( $pixel && $server ) {
			return __( 'Pixel and server', 'tandem-for-woocommerce' );
		}
		if ( $pixel ) {
			return __( 'Pixel', 'tandem-for-woocommerce' );
		}
		return $server ? __( 'Server', 'tandem-for-woocommerce' ) : '';
	}

	/**
	 * The states in which nobody has told Meta for certain.
	 *
	 * @return array<string, string>
	 */
	private static function states() {
		return array(
			'observed'  => __( 'observing', 'tandem-for-woocommerce' ),
			'pending'   => __( 'about to be sent', 'tandem-for-woocommerce' ),
			'sending'   => __( 'about to be sent', 'tandem-for-woocommerce' ),
			'waiting'   => __( 'waiting', 'tandem-for-woocommerce' ),
			'held'      => __( 'held', 'tandem-for-woocommerce' ),
			'withheld'  => __( 'not sent', 'tandem-for-woocommerce' ),
			'skipped'   => __( 'not sent', 'tandem-for-woocommerce' ),
			'dead'      => __( 'refused by Meta', 'tandem-for-woocommerce' ),
			'expired'   => __( 'too late to be sent', 'tandem-for-woocommerce' ),
			'ambiguous' => __( 'not sent, might count twice', 'tandem-for-woocommerce' ),
		);
	}

	/**
	 * The reasons met most, translated; others stay in English.
	 *
	 * @param string $reason Tandem's word for it.
	 * @return string
	 */
	private static function reason( $reason ) {
		$known = array(
			'no consent was stated'                => __( 'no consent', 'tandem-for-woocommerce' ),
			'consent was refused'                  => __( 'consent refused', 'tandem-for-woocommerce' ),
			'cancelled'                            => __( 'the order was cancelled', 'tandem-for-woocommerce' ),
			'deleted'                              => __( 'the order was deleted', 'tandem-for-woocommerce' ),
			'test order'                           => __( 'a test order', 'tandem-for-woocommerce' ),
			'no dataset yet'                       => __( 'no dataset yet', 'tandem-for-woocommerce' ),
			'made by hand, not on the website'     => __( 'made by hand', 'tandem-for-woocommerce' ),
			'made by another app, not on the website' => __( 'not made on the website', 'tandem-for-woocommerce' ),
			'a subscription\'s renewal'            => __( 'a renewal', 'tandem-for-woocommerce' ),
			'no customer information'              => __( 'no customer information', 'tandem-for-woocommerce' ),
		);
		return isset( $known[ $reason ] ) ? $known[ $reason ] : $reason;
	}
}
