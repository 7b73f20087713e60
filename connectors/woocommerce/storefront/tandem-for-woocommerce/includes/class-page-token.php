<?php
/**
 * The word this server puts into a page that no cache keeps: the browser that has it stands before this order, or in
 * this checkout. The service believes what such a browser tells, and counts nothing of others.
 *
 * @package Tandem
 */

namespace Tandem;

/**
 * Makes it. Pure: secret and time are passed in.
 */
final class Page_Token {

	const ORDER = 'order';

	const CHECKOUT = 'checkout';

	/**
	 * Seconds for which it is good.
	 */
	const LIFE = 86400;

	/**
	 * `<kind>:<value>:<until>:<signature>`; the secret cannot be found from it.
	 *
	 * @param string $kind   ORDER or CHECKOUT.
	 * @param string $value  The order's id, or the checkout's token.
	 * @param string $secret Of the connection.
	 * @param int    $now    Seconds since 1970.
	 */
	public static function of( string $kind, string $value, string $secret, int $now ): string {
		$signed = $kind . ':' . $value . ':' . ( $now + self::LIFE );
		return $signed . ':' . hash_hmac( 'sha256', 'page.' . $signed, $secret );
	}
}
