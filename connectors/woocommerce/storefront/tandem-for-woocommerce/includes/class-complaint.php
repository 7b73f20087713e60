<?php
/**
 * What goes wrong in a shopper's request is logged, and never shown.
 *
 * @package Tandem
 */

namespace Tandem;

defined( 'ABSPATH' ) || exit;

/**
 * WooCommerce's own log, source `tandem`.
 */
final class Complaint {

	/**
	 * Logs where it went wrong, not the message: it may quote what the shopper typed.
	 *
	 * @param string     $what  A sentence without its full stop.
	 * @param \Throwable $error What was thrown.
	 */
	public static function about( string $what, \Throwable $error ) {
		$where = basename( $error->getFile() ) . ':' . $error->getLine();
		wc_get_logger()->error( $what . ': ' . get_class( $error ) . ' at ' . $where . '.', array( 'source' => 'tandem' ) );
	}

	/**
	 * Logs a sentence.
	 *
	 * @param string $sentence Without personal data.
	 */
	public static function that( string $sentence ) {
		wc_get_logger()->warning( $sentence, array( 'source' => 'tandem' ) );
	}
}
