<?php
/**
 * Activation, deactivation, uninstallation.
 *
 * @package Tandem
 */

namespace Tandem;

defined( 'ABSPATH' ) || exit;

/**
 * The plugin's comings and goings. Nothing is set up on activation: options are made when they are first needed.
 */
final class Lifecycle {

	/**
	 * Takes back what would run later; connection and settings stay for the day it is activated again.
	 *
	 * @param bool $of_network Whether it is deactivated for all sites of a network.
	 */
	public static function deactivate( $of_network ) {
		self::on_each_site( array( self::class, 'stop' ), (bool) $of_network );
	}

	/**
	 * Leaves nothing behind, on any site of a network: the plugin's files are shared by all of them.
	 */
	public static function uninstall() {
		self::on_each_site( array( Traces::class, 'remove' ), true );
		Traces::remove_of_network();
	}

	/**
	 * Takes back waiting actions, and the shoppers' data that waited with them.
	 */
	public static function stop() {
		if ( function_exists( 'as_unschedule_all_actions' ) ) {
			as_unschedule_all_actions( '', array(), Checkout_Queue::GROUP );
		}
		Traces::remove_waiting();
	}

	/**
	 * Does something on each site of a network, or on this one.
	 *
	 * @param callable $deed       What to do.
	 * @param bool     $of_network Whether on all sites.
	 */
	private static function on_each_site( callable $deed, bool $of_network ) {
		if ( ! $of_network || ! is_multisite() ) {
			$deed();
			return;
		}
		$sites = get_sites(
			array(
				'fields' => 'ids',
				'number' => 0,
			)
		);
		foreach ( $sites as $site ) {
			switch_to_blog( $site );
			$deed();
			restore_current_blog();
		}
	}
}
