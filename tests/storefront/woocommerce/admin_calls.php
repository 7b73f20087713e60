<?php
/**
 * Calls what is pure in the plugin's admin half: told a JSON list of [class, method, arguments], prints a JSON list of what came of each.
 * WordPress's translation and one function of it stand here in their simplest form.
 */

define( 'ABSPATH', '/' );
function __( $text, $domain ) {
	return 'tandem-for-woocommerce' === $domain ? $text : "wrong text domain: $domain";
}
function tandem_clock( $seconds ) {
	return gmdate( 'H:i', $seconds );
}

require '/plugin/includes/autoload.php';

$came = array();
foreach ( json_decode( $argv[1], true ) as $call ) {
	$came[] = call_user_func_array( array( 'Tandem\\Admin\\' . $call[0], $call[1] ), $call[2] );
}
echo 'came ', json_encode( $came ), "\n";
