<?php
/**
 * The shopper's browser, as this very request shows it.
 *
 * @package Tandem
 */

namespace Tandem;

defined( 'ABSPATH' ) || exit;

/**
 * The only place that reads cookies and headers. It looks at nothing: Frozen_Signals judges each value by its grammar,
 * since WordPress's usual cleaning would change ids.
 */
final class Browser {

	/**
	 * All that Frozen_Signals asks for, but the session's first page, which comes with the form.
	 */
	public static function seen(): array {
		// phpcs:ignore WordPress.Security.ValidatedSanitizedInput -- Client_Ip takes nothing but IP addresses.
		$server = wp_unslash( $_SERVER );
		return array(
			'fbp'          => self::cookie( '_fbp' ),
			'fbc'          => self::cookie( '_fbc' ),
			'click'        => self::cookie( 'tandem_click' ),
			'landing_page' => self::cookie( 'tandem_landing' ),
			'ip'           => Client_Ip::of( $server, Settings::ip_header() ),
			'user_agent'   => self::header( 'User-Agent' ),
		);
	}

	/**
	 * A cookie's value, or ''.
	 *
	 * @param string $name Of the cookie.
	 */
	public static function cookie( string $name ): string {
		// phpcs:ignore WordPress.Security.ValidatedSanitizedInput -- see the class.
		$value = isset( $_COOKIE[ $name ] ) ? wp_unslash( $_COOKIE[ $name ] ) : '';
		return is_string( $value ) ? $value : '';
	}

	/**
	 * A header's value, or ''.
	 *
	 * @param string $name Of the header.
	 */
	public static function header( string $name ): string {
		$key = 'HTTP_' . strtoupper( str_replace( '-', '_', $name ) );
		// phpcs:ignore WordPress.Security.ValidatedSanitizedInput -- see the class.
		$value = isset( $_SERVER[ $key ] ) ? wp_unslash( $_SERVER[ $key ] ) : '';
		return is_string( $value ) ? $value : '';
	}
}
