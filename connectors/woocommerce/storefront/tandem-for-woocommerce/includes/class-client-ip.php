<?php
/**
 * The shopper's IP address.
 *
 * Not WC_Geolocation::get_ip_address(): it believes X-Real-IP and the first of X-Forwarded-For from anyone, and whoever
 * reaches the shop directly can write both. We take the address that connected. Only where that is an address of the
 * shop's own network (a proxy before it) or where the merchant named the header, what the proxy says is believed.
 *
 * @package Tandem
 */

namespace Tandem;

defined( 'ABSPATH' ) || exit;

/**
 * Finds it among what the web server tells. Pure.
 */
final class Client_Ip {

	/**
	 * The address, or '' where none is told.
	 *
	 * @param array  $server PHP's $_SERVER.
	 * @param string $header The header that the merchant trusts, such as CF-Connecting-IP; '' for none.
	 */
	public static function of( array $server, string $header ): string {
		$peer = self::text( $server, 'REMOTE_ADDR' );
		if ( '' !== $header ) {
			$told = self::last_public( self::text( $server, self::key( $header ) ) );
			return '' !== $told ? $told : self::valid( $peer );
		}
		if ( self::is_public( $peer ) ) {
			return $peer;
		}
		foreach ( array( 'X-Forwarded-For', 'X-Real-IP' ) as $usual ) {
			$told = self::last_public( self::text( $server, self::key( $usual ) ) );
			if ( '' !== $told ) {
				return $told;
			}
		}
		return self::valid( $peer );
	}

	/**
	 * The last public address of a list: each proxy adds to its end, so what stands before may be anyone's invention.
	 *
	 * @param string $told A header's value.
	 */
	private static function last_public( string $told ): string {
		foreach ( array_reverse( explode( ',', $told ) ) as $hop ) {
			$ip = self::without_port( trim( $hop ) );
			if ( self::is_public( $ip ) ) {
				return $ip;
			}
		}
		return '';
	}

	/**
	 * An address without the port that some proxies add: `198.51.100.7:4711`, `[2001:db8::7]:4711`.
	 *
	 * @param string $hop Of a list.
	 */
	private static function without_port( string $hop ): string {
		return (string) preg_replace( array( '/^\[([^\]]+)\](:\d+)?$/', '/^(\d+\.\d+\.\d+\.\d+):\d+$/' ), '$1', $hop );
	}

	/**
	 * Whether it is an address out on the internet.
	 *
	 * @param string $ip An address, or anything else.
	 */
	private static function is_public( string $ip ): bool {
		return false !== filter_var( $ip, FILTER_VALIDATE_IP, FILTER_FLAG_NO_PRIV_RANGE | FILTER_FLAG_NO_RES_RANGE );
	}

	/**
	 * The address if it is one, else ''.
	 *
	 * @param string $ip An address, or anything else.
	 */
	private static function valid( string $ip ): string {
		return false !== filter_var( $ip, FILTER_VALIDATE_IP ) ? $ip : '';
	}

	/**
	 * How PHP names a header.
	 *
	 * @param string $header Its name.
	 */
	private static function key( string $header ): string {
		return 'HTTP_' . strtoupper( str_replace( '-', '_', $header ) );
	}

	/**
	 * A text of $_SERVER.
	 *
	 * @param array  $server PHP's $_SERVER.
	 * @param string $key    Its name there.
	 */
	private static function text( array $server, string $key ): string {
		return isset( $server[ $key ] ) && is_string( $server[ $key ] ) ? trim( $server[ $key ] ) : '';
	}
}
