<?php
/**
 * What Meta leaves in the browser: the click id in an address, its Pixel's two cookies, and our own cookie of the click.
 *
 * Everything here is looked at and kept as it is, in case and length: half an id, or a tidied one, is another id.
 *
 * @package Tandem
 */

namespace Tandem;

defined( 'ABSPATH' ) || exit;

/**
 * Click ids and cookies. Pure: the time is passed in.
 *
 * Milliseconds are floats: an integer of a 32-bit PHP ends in 1970's January, and a float counts them exactly.
 */
final class Click {

	/**
	 * Days after which a click is told no more; Meta's own cookie of it lives as long.
	 */
	const DAYS = 90;

	const MAX = 1000;

	/**
	 * The time, in milliseconds since 1970.
	 */
	public static function now(): float {
		return floor( microtime( true ) * 1000 );
	}

	/**
	 * Whether a text may be Meta's `_fbp` or `_fbc`: `fb.<index>.<milliseconds>.<rest>`.
	 *
	 * The rest is not looked into: it may have a fifth part, which Meta's newer kits add.
	 *
	 * @param string $cookie As the browser sent it.
	 */
	public static function is_metas( string $cookie ): bool {
		return strlen( $cookie ) <= self::MAX && 1 === preg_match( '/^fb\.\d{1,2}\.\d{10,16}\.[^\x00-\x20"\',;\\\\\x7f-\xff]+$/D', $cookie );
	}

	/**
	 * The click id in an address, decoded once.
	 *
	 * @param string $address An address with its query.
	 * @return string '' where there is none; `fbclid=` without a value is none.
	 */
	public static function in_address( string $address ): string {
		$query = (string) strstr( explode( '#', $address, 2 )[0], '?' );
		foreach ( explode( '&', substr( $query, 1 ) ) as $pair ) {
			if ( 0 === strpos( $pair, 'fbclid=' ) ) {
				$fbclid = urldecode( substr( $pair, 7 ) );
				return self::is_click_id( $fbclid ) ? $fbclid : '';
			}
		}
		return '';
	}

	/**
	 * What our own cookie says: `<milliseconds since 1970>.<fbclid>`.
	 *
	 * @param string $cookie As the browser sent it.
	 * @param float  $now    Milliseconds since 1970.
	 * @return array `fbclid` and `seen` (milliseconds); empty for anything else, and for a click of long ago.
	 */
	public static function in_cookie( string $cookie, float $now ): array {
		if ( ! preg_match( '/^(\d{13})\.(.+)$/Ds', $cookie, $parts ) || ! self::is_click_id( $parts[2] ) ) {
			return array();
		}
		return self::seen( $parts[2], (float) $parts[1], $now );
	}

	/**
	 * What the address of the session's first page says.
	 *
	 * @param string $address Of that page, with its query.
	 * @param string $began   When the session began, in UTC: `2026-11-24 14:02:07`.
	 * @param float  $now     Milliseconds since 1970.
	 * @return array As in_cookie().
	 */
	public static function in_session( string $address, string $began, float $now ): array {
		$fbclid = self::in_address( $address );
		if ( '' === $fbclid ) {
			return array();
		}
		$day  = preg_match( '/^\d{4}-\d\d-\d\d \d\d:\d\d:\d\d$/D', $began ) ? strtotime( $began . ' UTC' ) : false;
		$seen = false === $day ? $now : $day * 1000.0;
		return self::seen( $fbclid, $seen, $now );
	}

	/**
	 * A click with its time. A shopper's clock may be ahead of ours: nothing was seen in the future.
	 *
	 * @param string $fbclid The click id.
	 * @param float  $seen   Milliseconds since 1970.
	 * @param float  $now    Milliseconds since 1970.
	 */
	private static function seen( string $fbclid, float $seen, float $now ): array {
		if ( $seen < $now - self::DAYS * 86400000.0 ) {
			return array();
		}
		return array(
			'fbclid' => $fbclid,
			'seen'   => min( $seen, $now ),
		);
	}

	/**
	 * Whether a text may be a click id: printable, and nothing that ends a cookie.
	 *
	 * @param string $text Decoded.
	 */
	private static function is_click_id( string $text ): bool {
		return strlen( $text ) <= self::MAX && 1 === preg_match( '/^[^\x00-\x20"\',;<>\\\\\x7f-\xff]+$/D', $text );
	}
}
