<?php
/**
 * What this plugin needs of WooCommerce.
 *
 * WordPress itself keeps its own and PHP's version by the header of the plugin; `Requires Plugins` only from 6.5 on, and
 * never WooCommerce's version.
 *
 * @package Tandem
 */

namespace Tandem;

defined( 'ABSPATH' ) || exit;

/**
 * Looks for WooCommerce, and says what is wrong with it.
 */
final class Requirements {

	const WOOCOMMERCE = '8.0';

	/**
	 * Whether WooCommerce is there, and new enough.
	 */
	public static function are_met(): bool {
		return class_exists( 'WooCommerce' ) && defined( 'WC_VERSION' ) && version_compare( WC_VERSION, self::WOOCOMMERCE, '>=' );
	}

	/**
	 * Shows the problem to those who can do something about it.
	 */
	public static function notice() {
		if ( current_user_can( 'activate_plugins' ) ) {
			printf( '<div class="notice notice-error"><p>%s</p></div>', esc_html( self::problem() ) );
		}
	}

	/**
	 * The sentence the merchant reads. Translations are not there yet when plugins are loaded, so it is made only here.
	 */
	private static function problem(): string {
		if ( ! defined( 'WC_VERSION' ) ) {
			return __( 'Tandem for WooCommerce does nothing yet: it needs WooCommerce. Install and activate WooCommerce.', 'tandem-for-woocommerce' );
		}
		return sprintf(
			/* translators: 1: version needed, 2: version found */
			__( 'Tandem for WooCommerce does nothing yet: it needs WooCommerce %1$s or newer, and this is %2$s. Update WooCommerce.', 'tandem-for-woocommerce' ),
			self::WOOCOMMERCE,
			WC_VERSION
		);
	}
}
