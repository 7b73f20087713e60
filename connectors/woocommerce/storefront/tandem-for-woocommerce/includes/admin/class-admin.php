<?php
/**
 * The half of the plugin that merchants see.
 *
 * @package Tandem
 */

namespace Tandem\Admin;

defined( 'ABSPATH' ) || exit;

/**
 * Joins it to wp-admin. Nothing is decided here.
 */
final class Admin {

	/**
	 * Who may see and do all of it.
	 */
	const CAPABILITY = 'manage_woocommerce';

	/**
	 * Registers what wp-admin and its background calls need.
	 */
	public static function register() {
		add_action( 'rest_api_init', array( Background::class, 'register' ) );
		add_action( 'admin_menu', array( Page::class, 'register' ), 60 );
		add_action( 'admin_enqueue_scripts', array( Page::class, 'enqueue' ) );
		add_action( 'admin_notices', array( Page::class, 'notice_of_copy' ) );
		add_filter( 'plugin_action_links_' . plugin_basename( TANDEM_FILE ), array( Page::class, 'link' ) );
		foreach ( Deeds::all() as $deed => $function ) {
			add_action( 'admin_post_tandem_' . $deed, array( Deeds::class, $function ) );
		}
		Orders_Column::register();
	}

	/**
	 * The address of Tandem's page.
	 */
	public static function page(): string {
		return admin_url( 'admin.php?page=' . Page::SLUG );
	}
}
