<?php
/**
 * Installs WordPress in the working directory as its own installer would. Words: the administrator's password.
 */

define( 'WP_INSTALLING', true );
require getcwd() . '/wp-load.php';
require_once ABSPATH . 'wp-admin/includes/upgrade.php';

// The installer's welcome mail would want a mail server, and its test of permalinks a second web server.
add_filter( 'pre_wp_mail', '__return_true' );
add_filter( 'got_rewrite', '__return_true' );
wp_install( 'The shop', 'admin', 'admin@shop.example', false, '', $argv[1], 'en_US' );
update_option( 'permalink_structure', '/%postname%/' );
switch_theme( 'plain' );
