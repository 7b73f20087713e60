<?php
/**
 * Joins the parts of the plugin to WordPress. Nothing is decided here.
 *
 * @package Tandem
 */

namespace Tandem;

defined( 'ABSPATH' ) || exit;

/**
 * The one place where things are joined.
 */
final class Plugin {

	/**
	 * Tells WooCommerce that orders in tables of their own (HPOS) and the block checkout are fine with us.
	 */
	public static function declare_compatibility() {
		if ( ! class_exists( '\Automattic\WooCommerce\Utilities\FeaturesUtil' ) ) {
			return;
		}
		foreach ( array( 'custom_order_tables', 'cart_checkout_blocks' ) as $feature ) {
			\Automattic\WooCommerce\Utilities\FeaturesUtil::declare_compatibility( $feature, TANDEM_FILE, true );
		}
	}

	/**
	 * Makes translations known that lie in our own folder; WordPress by itself only looks for those of its directory.
	 */
	public static function translate() {
		load_plugin_textdomain( 'tandem-for-woocommerce', false, dirname( plugin_basename( TANDEM_FILE ) ) . '/languages' );
	}

	/**
	 * Starts everything, or says in wp-admin what is missing.
	 */
	public static function start() {
		add_action( 'init', array( self::class, 'translate' ) );
		if ( ! Requirements::are_met() ) {
			add_action( 'admin_notices', array( Requirements::class, 'notice' ) );
			return;
		}
		add_action( 'rest_api_init', array( Rest_Connection::class, 'register' ) );
		add_filter( 'woocommerce_webhook_should_deliver', array( Copied_Webhooks::class, 'judge' ), 10, 2 );
		Freezing::register();
		Checkout_Watch::register();
		Checkout_Queue::register();
		Click_Script::register();
		Pixel_Script::register();
		Privacy::register();
		// Says to the WP Consent API that we ask it.
		add_filter( 'wp_consent_api_registered_' . plugin_basename( TANDEM_FILE ), '__return_true' );
		// The admin half decides by itself what it needs in wp-admin, and what in the background.
		if ( class_exists( Admin\Admin::class ) ) {
			Admin\Admin::register();
		}
	}
}
