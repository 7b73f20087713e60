<?php
/**
 * Which Tandem this shop is to be connected to: anyone may run one.
 *
 * @package Tandem
 */

namespace Tandem\Admin;

use Tandem\Connection;
use Tandem\Home;

defined( 'ABSPATH' ) || exit;

/**
 * Its address, before there is a connection: as the merchant typed it, as wp-config.php has it
 * (`define( 'TANDEM_SERVICE', 'https://tandem.example.com' );`), or as it came with the plugin's zip.
 */
final class Service_Address {

	const OPTION = 'tandem_service';
	const FILE   = 'service.json';

	/**
	 * The address, without a slash at its end; '' where nobody said it.
	 */
	public static function known(): string {
		$said = array(
			Connection::current()->public_url(),
			get_option( self::OPTION ),
			defined( 'TANDEM_SERVICE' ) ? constant( 'TANDEM_SERVICE' ) : '',
			self::enclosed(),
		);
		foreach ( $said as $address ) {
			$address = is_string( $address ) ? self::clean( $address ) : '';
			if ( '' !== $address ) {
				return $address;
			}
		}
		return '';
	}

	/**
	 * Keeps what the merchant typed.
	 *
	 * @param string $typed An address.
	 * @return bool Whether it is one that may be told secrets.
	 */
	public static function keep( string $typed ): bool {
		$address = self::clean( $typed );
		return '' !== $address && ( update_option( self::OPTION, $address, false ) || true );
	}

	/**
	 * The address in its one spelling; '' for what is none.
	 *
	 * @param string $typed An address, https where no scheme was typed.
	 */
	public static function clean( string $typed ): string {
		$typed = trim( $typed );
		if ( '' !== $typed && false === strpos( $typed, '://' ) ) {
			$typed = 'https://' . $typed;
		}
		$address = rtrim( $typed, '/' );
		return Home::is_safe( $address ) ? $address : '';
	}

	/**
	 * What a Tandem that hands out the plugin itself puts into the zip, so that nobody has to type its address.
	 */
	private static function enclosed(): string {
		$file = plugin_dir_path( TANDEM_FILE ) . self::FILE;
		$told = is_readable( $file ) ? json_decode( (string) file_get_contents( $file ), true ) : null; // phpcs:ignore WordPress.WP.AlternativeFunctions -- a file of our own.
		return is_array( $told ) && is_string( $told['service'] ?? null ) ? $told['service'] : '';
	}
}
