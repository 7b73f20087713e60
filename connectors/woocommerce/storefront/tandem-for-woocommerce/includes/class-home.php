<?php
/**
 * Addresses of shops and of the service, compared and judged. Pure: nothing here needs WordPress.
 *
 * @package Tandem
 */

namespace Tandem;

/**
 * What an address says of whose it is.
 */
final class Home {

	/**
	 * What makes two addresses the same shop: host, port and folder.
	 *
	 * The scheme and a leading `www.` do not: shops change both without becoming others.
	 *
	 * @param string $address An address.
	 * @return string '' for one that names no host.
	 */
	public static function key( string $address ): string {
		$parts = self::parts( $address );
		if ( '' === $parts['host'] ) {
			return '';
		}
		$host = preg_replace( '/^www\./', '', $parts['host'] );
		$port = self::usual_port( $parts ) ? '' : ':' . $parts['port'];
		return $host . $port . rtrim( $parts['path'], '/' );
	}

	/**
	 * Whether an address may be told secrets: https, or on this very machine; no user name, query or fragment in it.
	 *
	 * @param string $address An address.
	 */
	public static function is_safe( string $address ): bool {
		$parts = self::parts( $address );
		if ( '' === $parts['host'] || strlen( $address ) > 500 || preg_match( '/[\s\\\\@?#<>"\']|[^\x21-\x7e]/', $address ) ) {
			return false;
		}
		return 'https' === $parts['scheme'] || ( 'http' === $parts['scheme'] && self::is_loopback( $parts['host'] ) );
	}

	/**
	 * Whether WordPress is to keep from an address that is none of a public host. One on this very machine was told to us
	 * on purpose, by whoever manages the shop.
	 *
	 * @param string $address An address that is_safe().
	 */
	public static function is_guarded( string $address ): bool {
		return ! self::is_loopback( self::parts( $address )['host'] );
	}

	/**
	 * Whether a host is this very machine.
	 *
	 * @param string $host A host, in lower case.
	 */
	public static function is_loopback( string $host ): bool {
		return 'localhost' === $host || '[::1]' === $host || 1 === preg_match( '/^127(\.\d{1,3}){3}$/', $host );
	}

	/**
	 * Scheme, host, port (0 where none is given) and path, the first two in lower case.
	 *
	 * @param string $address An address.
	 */
	private static function parts( string $address ): array {
		$found = parse_url( $address ); // phpcs:ignore WordPress.WP.AlternativeFunctions -- PHP's is alike in all versions we run on.
		$found = is_array( $found ) ? $found : array();
		return array(
			'scheme' => strtolower( $found['scheme'] ?? '' ),
			'host'   => strtolower( $found['host'] ?? '' ),
			'port'   => (int) ( $found['port'] ?? 0 ),
			'path'   => $found['path'] ?? '',
		);
	}

	/**
	 * Whether the port is the one its scheme has anyway.
	 *
	 * @param array $parts Of an address.
	 */
	private static function usual_port( array $parts ): bool {
		$usual = array(
			'http'  => 80,
			'https' => 443,
		);
		return 0 === $parts['port'] || ( $usual[ $parts['scheme'] ] ?? 0 ) === $parts['port'];
	}
}
