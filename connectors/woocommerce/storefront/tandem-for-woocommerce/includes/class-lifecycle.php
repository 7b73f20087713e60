<?php
/**
 * Activation, deactivation, uninstallation: what the plugin leaves behind is nothing.
 *
 * @package Tandem
 */

namespace Tandem;

defined( 'ABSPATH' ) || exit;

/**
 * The plugin's comings and goings.
 */
final class Lifecycle {

	/**
	 * Nothing is set up: options are made when they are first needed.
	 */
	public static function activate() {
	}

	/**
	 * Takes back what would run later; connection and settings stay for the day it is activated again.
	 */
	public static function deactivate() {
	}
}
