<?php
/**
 * The name of a product in Meta's catalogue.
 *
 * @package Tandem
 */

namespace Tandem;

defined( 'ABSPATH' ) || exit;

/**
 * Asks Meta for WooCommerce, where that plugin is: its ids have changed between its versions, and only it knows.
 */
final class Content_Id {

	/**
	 * The id, or '' where Tandem's own setting decides.
	 *
	 * @param \WC_Product $product A product or a variation.
	 */
	public static function of( $product ): string {
		/**
		 * Gives products another id for Meta.
		 *
		 * @param string      $content_id What Meta for WooCommerce says; '' without it.
		 * @param \WC_Product $product    A product or a variation.
		 */
		$content_id = apply_filters( 'tandem_content_id', self::asked( $product ), $product );
		return is_scalar( $content_id ) ? (string) $content_id : '';
	}

	/**
	 * What Meta for WooCommerce says.
	 *
	 * @param \WC_Product $product A product or a variation.
	 */
	private static function asked( $product ): string {
		if ( ! is_callable( array( '\WC_Facebookcommerce_Utils', 'get_fb_retailer_id' ) ) ) {
			return '';
		}
		try {
			$content_id = \WC_Facebookcommerce_Utils::get_fb_retailer_id( $product );
			return is_scalar( $content_id ) ? (string) $content_id : '';
		} catch ( \Throwable $error ) {
			return '';
		}
	}
}
