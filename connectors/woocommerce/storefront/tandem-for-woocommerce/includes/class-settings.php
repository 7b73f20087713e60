<?php
/**
 * What the merchant chose on Tandem's page.
 *
 * @package Tandem
 */

namespace Tandem;

defined( 'ABSPATH' ) || exit;

/**
 * The settings; one option, read where they are needed.
 */
final class Settings {

	const OPTION = 'tandem_settings';

	/**
	 * Headers that a proxy before the shop may be trusted to set; '' takes the address that connected.
	 */
	const IP_HEADERS = array( '', 'CF-Connecting-IP', 'X-Real-IP', 'X-Forwarded-For' );

	/**
	 * Each setting with its default.
	 */
	const DEFAULTS = array(
		// Whether the beginning of a checkout is told.
		'checkout_created' => true,
		// One of IP_HEADERS.
		'ip_header'        => '',
	);

	/**
	 * All settings, defaults filled in.
	 */
	public static function all(): array {
		return self::clean( get_option( self::OPTION ) );
	}

	/**
	 * Whether the beginning of a checkout is told.
	 */
	public static function tells_checkouts(): bool {
		return self::all()['checkout_created'];
	}

	/**
	 * The header that holds the shopper's address, or '' for the address that connected.
	 */
	public static function ip_header(): string {
		return self::all()['ip_header'];
	}

	/**
	 * Keeps settings; capability and nonce are the caller's to check.
	 *
	 * @param array $chosen Any of them, even unclean; what is missing stays as it was.
	 */
	public static function keep( array $chosen ) {
		// Autoloaded: it is small, without secrets, and read on pages of the shop.
		update_option( self::OPTION, self::clean( array_merge( self::all(), $chosen ) ), true );
	}

	/**
	 * Whatever it is, made into settings.
	 *
	 * @param mixed $kept From the database or a form.
	 */
	public static function clean( $kept ): array {
		$kept   = array_merge( self::DEFAULTS, is_array( $kept ) ? $kept : array() );
		$header = in_array( $kept['ip_header'], self::IP_HEADERS, true ) ? $kept['ip_header'] : '';
		return array(
			'checkout_created' => (bool) $kept['checkout_created'],
			'ip_header'        => $header,
		);
	}
}
