<?php
/**
 * Plugin Name:          Tandem for WooCommerce
 * Description:          Keeps what the shopper's browser knows with the order, so that Meta's Pixel and your server tell Meta of one and the same purchase.
 * Version:              1.0.0
 * Requires at least:    6.4
 * Requires PHP:         7.4
 * Requires Plugins:     woocommerce
 * Author:               Tandem
 * License:              GPL-2.0-or-later
 * License URI:          https://www.gnu.org/licenses/gpl-2.0.html
 * Text Domain:          tandem-for-woocommerce
 * Domain Path:          /languages
 * WC requires at least: 8.0
 * WC tested up to:      10.0
 *
 * @package Tandem
 */

namespace Tandem;

defined( 'ABSPATH' ) || exit;

define( 'TANDEM_VERSION', '1.0.0' );
define( 'TANDEM_FILE', __FILE__ );

require_once __DIR__ . '/includes/autoload.php';

register_deactivation_hook( __FILE__, array( Lifecycle::class, 'deactivate' ) );

add_action( 'before_woocommerce_init', array( Plugin::class, 'declare_compatibility' ) );
// WooCommerce loads on plugins_loaded's default priority or before: after it, its version is known.
add_action( 'plugins_loaded', array( Plugin::class, 'start' ), 20 );
