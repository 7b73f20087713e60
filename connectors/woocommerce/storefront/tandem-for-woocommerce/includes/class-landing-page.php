<?php
/**
 * The address of the first page that a shopper saw.
 *
 * @package Tandem
 */

namespace Tandem;

defined( 'ABSPATH' ) || exit;

/**
 * Cleans such addresses. Pure.
 */
final class Landing_Page {

	const MAX = 2000;

	/**
	 * Members of a query that name a person or open a door, in shops' and newsletters' links.
	 */
	const PRIVATE_MEMBERS = array(
		'key',
		'order_key',
		'login',
		'user',
		'username',
		'password',
		'pass',
		'pwd',
		'token',
		'auth',
		'nonce',
		'_wpnonce',
		'email',
		'e-mail',
		'mail',
		'phone',
		'tel',
		'name',
		'first_name',
		'last_name',
	);

	/**
	 * The address with its query, without its fragment and without what is private in it.
	 *
	 * @param string $address As the browser told it.
	 * @return string '' for anything but an address of the web; without its query where it is too long.
	 */
	public static function clean( string $address ): string {
		$address = explode( '#', $address, 2 )[0];
		if ( ! preg_match( '~^https?://[^\s/@?"\'<>\\\\]+(/[^\s"\'<>\\\\]*)?(\?[^\s"\'<>\\\\]*)?$~Di', $address ) || preg_match( '/[^\x21-\x7e]/', $address ) ) {
			return '';
		}
		list( $page, $query ) = array_pad( explode( '?', $address, 2 ), 2, '' );
		$kept                 = implode( '&', array_filter( explode( '&', $query ), array( self::class, 'is_public' ) ) );
		$whole                = '' === $kept ? $page : $page . '?' . $kept;
		if ( strlen( $whole ) <= self::MAX ) {
			return $whole;
		}
		return strlen( $page ) <= self::MAX ? $page : '';
	}

	/**
	 * Whether a member of a query may be kept.
	 *
	 * @param string $member `name=value`.
	 */
	private static function is_public( string $member ): bool {
		$parts = explode( '=', $member, 2 );
		$name  = strtolower( preg_replace( '/^.*\[|\]$/', '', urldecode( $parts[0] ) ) );
		return '' !== $member
			&& ! in_array( $name, self::PRIVATE_MEMBERS, true )
			// An e-mail address is one under any name.
			&& false === strpos( urldecode( $parts[1] ?? '' ), '@' );
	}
}
