<?php
/**
 * Lets a program say sentences of the plugin's logic: what must be, and what is. WordPress is not there.
 *
 * @package Tandem
 */

define( 'ABSPATH', '/nowhere/' );
error_reporting( E_ALL );
require '/plugin/includes/autoload.php';

/**
 * Counts the sentences, and prints those that are not true.
 */
final class Said {

	public static $all = 0;

	public static $untrue = 0;
}

/**
 * Says that something is what it should be, in type too.
 */
function it( string $sentence, $is, $should ) {
	++Said::$all;
	if ( $is !== $should ) {
		++Said::$untrue;
		echo "NOT TRUE: it $sentence\n  is     ", json_encode( $is ), "\n  should ", json_encode( $should ), "\n";
	}
}

register_shutdown_function(
	static function () {
		$error = error_get_last();
		echo null === $error ? '' : "COMPLAINT: {$error['message']}\n", Said::$all, ' said, ', Said::$untrue, " untrue\n";
		exit( Said::$untrue > 0 || null !== $error ? 1 : 0 );
	}
);
