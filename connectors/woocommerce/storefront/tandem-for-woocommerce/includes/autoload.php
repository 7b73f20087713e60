<?php
/**
 * Finds our classes by WordPress's naming rule: Tandem\Frozen_Signals is includes/class-frozen-signals.php, and
 * Tandem\Admin\Orders_Column is includes/admin/class-orders-column.php.
 *
 * It needs nothing of WordPress, so that the classes of pure logic can be tested without it.
 *
 * @package Tandem
 */

namespace Tandem;

spl_autoload_register(
	static function ( $name ) {
		// The pattern also keeps a name with dots or slashes from becoming a path outside this folder.
		if ( ! preg_match( '/^Tandem\\\\((?:[A-Z][A-Za-z0-9_]*\\\\)*)([A-Z][A-Za-z0-9_]*)$/', $name, $parts ) ) {
			return;
		}
		$folder = strtolower( str_replace( array( '\\', '_' ), array( '/', '-' ), $parts[1] ) );
		$file   = __DIR__ . '/' . $folder . 'class-' . strtolower( str_replace( '_', '-', $parts[2] ) ) . '.php';
		if ( is_readable( $file ) ) {
			require_once $file;
		}
	}
);
