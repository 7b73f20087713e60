<?php
/**
 * Amounts of money as whole numbers of millionths, so that the browser's value is the server's to the last digit:
 * a float of 10.005 is a little less than that, and would be rounded down. The whole numbers are floats, which count them
 * exactly up to nine billion; an integer of a 32-bit PHP would end at 2147.
 *
 * @package Tandem
 */

namespace Tandem;

/**
 * Reads, divides and rounds them. Pure.
 */
final class Decimals {

	const DIGITS = 6;

	/**
	 * Decimals of currencies that have not two (ISO 4217, list of 2024-06-25).
	 */
	const MINOR_UNITS = array(
		'BIF' => 0, 'CLP' => 0, 'DJF' => 0, 'GNF' => 0, 'ISK' => 0, 'JPY' => 0, 'KMF' => 0, 'KRW' => 0, 'PYG' => 0, 'RWF' => 0,
		'UGX' => 0, 'UYI' => 0, 'VND' => 0, 'VUV' => 0, 'XAF' => 0, 'XOF' => 0, 'XPF' => 0,
		'BHD' => 3, 'IQD' => 3, 'JOD' => 3, 'KWD' => 3, 'LYD' => 3, 'OMR' => 3, 'TND' => 3,
		'CLF' => 4, 'UYW' => 4,
	); // phpcs:ignore WordPress.Arrays.ArrayDeclarationSpacing

	/**
	 * Millionths of a plain decimal number.
	 *
	 * @param mixed $written Text such as `-21.64`.
	 * @return float|null Null for everything unclear.
	 */
	public static function read( $written ) {
		if ( ! is_string( $written ) || ! preg_match( '/^(-?)(\d{1,12})(?:\.(\d{1,12}))?$/D', trim( $written ), $parts ) ) {
			return null;
		}
		$amount = (float) $parts[2] * 1e6 + (float) substr( str_pad( $parts[3] ?? '', self::DIGITS, '0' ), 0, self::DIGITS );
		return '-' === $parts[1] ? -$amount : $amount;
	}

	/**
	 * Millionths, and nothing for what cannot be read: a part never costs the order.
	 *
	 * @param mixed $written Text such as `21.64`.
	 */
	public static function part( $written ): float {
		return self::read( $written ) ?? 0.0;
	}

	/**
	 * An amount, divided, with the currency's decimals, rounded half up; whole numbers as such, others as the float
	 * nearest to what is written.
	 *
	 * @param float  $amount   Millionths, not negative.
	 * @param string $currency Three letters.
	 * @param int    $pieces   What it is divided by.
	 * @return int|float
	 */
	public static function number( float $amount, string $currency, int $pieces = 1 ) {
		$units   = self::MINOR_UNITS[ $currency ] ?? 2;
		$step    = $pieces * pow( 10.0, self::DIGITS - $units );
		$rest    = fmod( $amount, $step );
		$rounded = ( $amount - $rest ) / $step + ( 2 * $rest >= $step ? 1 : 0 );
		$scale   = pow( 10.0, $units );
		$part    = fmod( $rounded, $scale );
		$whole   = ( $rounded - $part ) / $scale;
		if ( 0.0 === $part ) {
			return $whole <= PHP_INT_MAX ? (int) $whole : $whole;
		}
		return (float) ( number_format( $whole, 0, '', '' ) . '.' . str_pad( number_format( $part, 0, '', '' ), $units, '0', STR_PAD_LEFT ) );
	}
}
