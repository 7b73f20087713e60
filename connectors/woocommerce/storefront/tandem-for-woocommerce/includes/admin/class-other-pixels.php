<?php
/**
 * Other plugins that tell Meta of this shop, and for which datasets.
 *
 * @package Tandem
 */

namespace Tandem\Admin;

defined( 'ABSPATH' ) || exit;

/**
 * Meta counts a purchase twice that two senders tell under two ids, so only one may tell Purchase for a dataset. What is
 * found here is reported to Tandem, which says what to do about it.
 *
 * Where each plugin keeps its Pixel's id was read in these plugins' sources, or in those of plugins that import their
 * settings (PixelYourSite). Pixel Manager's path is unverified.
 */
final class Other_Pixels {

	/**
	 * Main file of the plugin => the option that holds its ids, and the way to them inside; an empty way: the option itself.
	 */
	const KNOWN = array(
		'facebook-for-woocommerce/facebook-for-woocommerce.php' => array( 'wc_facebook_pixel_id', array() ),
		'official-facebook-pixel/facebook-for-wordpress.php' => array( 'facebook_business_extension_config', array( 'facebook_pixel_id' ) ),
		'pixelyoursite/facebook-pixel-master.php' => array( 'pys_facebook', array( 'pixel_id' ) ),
		'pixelyoursite-pro/pixelyoursite-pro.php' => array( 'pys_facebook', array( 'pixel_id' ) ),
		'pixel-caffeine/pixel-caffeine.php'       => array( 'aepc_pixel_id', array() ),
		'woocommerce-google-adwords-conversion-tracking-tag/wgact.php' => array( 'wgact_plugin_options', array( 'facebook', 'pixel_id' ) ),
		'duracelltomi-google-tag-manager/duracelltomi-google-tag-manager-for-wordpress.php' => array( 'gtm4wp-options', array( 'gtm-code' ) ),
	);

	/**
	 * A dataset's id, or a container of Google Tag Manager, inside which a Pixel may be.
	 */
	const ID = '/^(?:[0-9]{8,20}|GTM-[A-Z0-9]{4,12})$/';

	const MOST_IDS = 10;

	/**
	 * The active ones of those we know.
	 *
	 * @return array<int, array{plugin: string, name: string, ids: string[]}> `plugin` is the folder's name.
	 */
	public static function found() {
		require_once ABSPATH . 'wp-admin/includes/plugin.php';
		$found = array();
		foreach ( self::KNOWN as $file => $place ) {
			if ( is_plugin_active( $file ) ) {
				$told    = get_plugin_data( WP_PLUGIN_DIR . '/' . $file, false, false );
				$slug    = dirname( $file );
				$found[] = array(
					'plugin' => $slug,
					'name'   => empty( $told['Name'] ) ? $slug : wp_strip_all_tags( $told['Name'] ),
					'ids'    => self::ids( get_option( $place[0] ), $place[1] ),
				);
			}
		}
		return $found;
	}

	/**
	 * The ids in an option. Pure.
	 *
	 * @param mixed    $told An option's value: anything.
	 * @param string[] $way  Keys to follow.
	 * @return string[]
	 */
	public static function ids( $told, array $way ) {
		foreach ( $way as $key ) {
			$told = is_array( $told ) && isset( $told[ $key ] ) ? $told[ $key ] : null;
		}
		$texts = array();
		foreach ( is_array( $told ) ? $told : array( $told ) as $one ) {
			if ( is_string( $one ) || is_int( $one ) ) {
				// Several ids may stand in one field, divided by commas.
				$texts = array_merge( $texts, preg_split( '/[\s,;]+/', (string) $one ) );
			}
		}
		$ids = array_filter(
			$texts,
			static function ( $text ) {
				return 1 === preg_match( self::ID, $text );
			}
		);
		return array_slice( array_values( array_unique( $ids ) ), 0, self::MOST_IDS );
	}
}
