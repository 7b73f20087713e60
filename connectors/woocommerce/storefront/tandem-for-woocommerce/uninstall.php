<?php
/**
 * Runs when the plugin is deleted in wp-admin: nothing of it stays behind.
 *
 * @package Tandem
 */

namespace Tandem;

defined( 'WP_UNINSTALL_PLUGIN' ) || exit;

require_once __DIR__ . '/includes/autoload.php';

Lifecycle::uninstall();
