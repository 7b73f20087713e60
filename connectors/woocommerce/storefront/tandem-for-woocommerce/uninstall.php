<?php
/**
 * Runs when the plugin is deleted in wp-admin.
 *
 * @package Tandem
 */

defined( 'WP_UNINSTALL_PLUGIN' ) || exit;

delete_option( 'tandem_connection' );
delete_option( 'tandem_settings' );
