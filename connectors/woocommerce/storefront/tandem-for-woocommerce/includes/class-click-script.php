<?php
/**
 * The script that remembers, in the shopper's own browser, an ad's click and the first page.
 *
 * It is one and the same for everyone, so that pages may be kept by any cache: what it knows of the shopper it finds in
 * the browser.
 *
 * @package Tandem
 */

namespace Tandem;

defined( 'ABSPATH' ) || exit;

/**
 * Puts the script onto the shop's pages.
 */
final class Click_Script {

	const HANDLE = 'tandem-click';

	/**
	 * Countries where nothing may be kept in a browser before its owner agreed: EU, EEA, UK, Switzerland.
	 */
	const ASK_FIRST = array(
		'AT', 'BE', 'BG', 'CH', 'CY', 'CZ', 'DE', 'DK', 'EE', 'ES', 'FI', 'FR', 'GB', 'GR', 'HR', 'HU', 'IE', 'IS', 'IT', 'LI', 'LT',
		'LU', 'LV', 'MT', 'NL', 'NO', 'PL', 'PT', 'RO', 'SE', 'SI', 'SK',
	); // phpcs:ignore WordPress.Arrays.ArrayDeclarationSpacing

	/**
	 * Registers the hook.
	 */
	public static function register() {
		add_action( 'wp_enqueue_scripts', array( self::class, 'enqueue' ) );
	}

	/**
	 * Enqueues the script where a first page can be; addresses of orders and accounts are nobody's landing page.
	 */
	public static function enqueue() {
		if ( is_account_page() || ! Connection::current()->is_connected() ) {
			return;
		}
		wp_enqueue_script(
			self::HANDLE,
			plugins_url( 'assets/click.js', TANDEM_FILE ),
			array(),
			TANDEM_VERSION,
			array(
				'in_footer' => true,
				'strategy'  => 'defer',
			)
		);
		$told = wp_json_encode( array( 'unasked' => self::may_unasked() ) );
		wp_add_inline_script( self::HANDLE, "window.tandemClick = $told;", 'before' );
	}

	/**
	 * Whether the script may remember where no consent plugin asks anyone.
	 */
	private static function may_unasked(): bool {
		$may = ! in_array( WC()->countries->get_base_country(), self::ASK_FIRST, true );
		/**
		 * Whether a click may be remembered in the browser where no consent plugin is active.
		 *
		 * @param bool $may By the shop's country: true outside of EU, EEA, UK and Switzerland.
		 */
		return (bool) apply_filters( 'tandem_click_unasked', $may );
	}
}
