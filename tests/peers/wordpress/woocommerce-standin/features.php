<?php
// What plugins tell WooCommerce of themselves, and ask of where orders live.

namespace Automattic\WooCommerce\Utilities;

defined( 'ABSPATH' ) || exit;

class FeaturesUtil {
	/** [feature, plugin file, positive], in the order they were declared. */
	public static $declared = array();

	public static function declare_compatibility( $feature, $file, $positive = true ) {
		if ( ! doing_action( 'before_woocommerce_init' ) ) {
			_doing_it_wrong( __METHOD__, 'Compatibility is declared on before_woocommerce_init.', '7.0' );
			return false;
		}
		self::$declared[] = array( $feature, plugin_basename( $file ), $positive );
		return true;
	}
}

class OrderUtil {
	public static function custom_orders_table_usage_is_enabled() {
		return 'yes' === get_option( 'woocommerce_custom_orders_table_enabled', 'yes' );
	}

	public static function get_order_admin_screen() {
		return self::custom_orders_table_usage_is_enabled() ? 'woocommerce_page_wc-orders' : 'shop_order';
	}
}
