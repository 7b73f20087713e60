<?php
/**
 * Answers to people who ask what is kept of them, or want it gone: WordPress's own tools reach what we froze.
 *
 * @package Tandem
 */

namespace Tandem;

defined( 'ABSPATH' ) || exit;

/**
 * Joins our order meta to WooCommerce's exporter and eraser, and a text to the guide for the privacy policy.
 */
final class Privacy {

	/**
	 * How WordPress makes each key's value anonymous.
	 */
	const TYPES = array(
		'_fbp'                   => 'text',
		'_fbc'                   => 'text',
		'_tandem_fbclid'         => 'text',
		'_tandem_fbclid_seen'    => 'text',
		'_tandem_ip'             => 'ip',
		'_tandem_user_agent'     => 'text',
		'_tandem_landing_page'   => 'text',
		'_tandem_checkout_token' => 'text',
	);

	/**
	 * Registers the hooks.
	 */
	public static function register() {
		add_filter( 'woocommerce_privacy_remove_order_personal_data_meta', array( self::class, 'erased' ) );
		add_filter( 'woocommerce_privacy_remove_order_personal_data_meta_value', array( self::class, 'emptied' ), 10, 2 );
		add_filter( 'woocommerce_privacy_export_order_personal_data_meta', array( self::class, 'exported' ) );
		add_action( 'admin_init', array( self::class, 'suggest' ) );
	}

	/**
	 * What goes when an order is made anonymous.
	 *
	 * @param array $types By meta key.
	 */
	public static function erased( array $types ): array {
		return $types + self::TYPES;
	}

	/**
	 * Nothing at all is left of ours: "[deleted]" or 0.0.0.0 would be told to the service as a cookie and an address.
	 *
	 * @param mixed  $value Made anonymous by WordPress.
	 * @param string $key   Of the meta.
	 * @return mixed
	 */
	public static function emptied( $value, $key ) {
		return isset( self::TYPES[ $key ] ) ? '' : $value;
	}

	/**
	 * What a person gets who asks for their data.
	 *
	 * @param array $names By meta key.
	 */
	public static function exported( array $names ): array {
		return $names + array(
			'_fbp'                 => __( 'Meta Pixel cookie (_fbp)', 'tandem-for-woocommerce' ),
			'_fbc'                 => __( 'Meta click cookie (_fbc)', 'tandem-for-woocommerce' ),
			'_tandem_fbclid'       => __( 'Click id of an ad', 'tandem-for-woocommerce' ),
			'_tandem_ip'           => __( 'IP address at checkout', 'tandem-for-woocommerce' ),
			'_tandem_user_agent'   => __( 'Browser at checkout', 'tandem-for-woocommerce' ),
			'_tandem_landing_page' => __( 'First page of the visit', 'tandem-for-woocommerce' ),
			'_tandem_consent'      => __( 'Consent to marketing at checkout', 'tandem-for-woocommerce' ),
		);
	}

	/**
	 * Suggests a paragraph for the shop's privacy policy.
	 */
	public static function suggest() {
		$text = __( 'When you buy from us, we keep with your order which of our ads you came from (the click id and the cookies that Meta\'s Pixel set), your IP address, your browser, the first page you visited, and what you chose about marketing. Our service provider passes it on to Meta, with your contact data made unreadable, to measure our ads. If you refuse marketing, only your refusal is kept, and nothing is passed on. In your browser we keep two cookies: tandem_click (90 days, which ad you came from and when) and tandem_landing (until you close the browser, the first page you visited).', 'tandem-for-woocommerce' );
		wp_add_privacy_policy_content( 'Tandem for WooCommerce', '<p>' . esc_html( $text ) . '</p>' );
	}
}
