<?php
/**
 * The site's wp-config.php. Every setting comes from constants.json beside it, which tests/rig/wordpress.py writes, so
 * that a test can make a site a copy under another address, or a staging site, and back.
 */

foreach ( json_decode( file_get_contents( __DIR__ . '/constants.json' ), true ) as $name => $value ) {
	define( $name, $value );
}
$table_prefix = 'wp_';
defined( 'ABSPATH' ) || define( 'ABSPATH', __DIR__ . '/' );
require_once ABSPATH . 'wp-settings.php';
