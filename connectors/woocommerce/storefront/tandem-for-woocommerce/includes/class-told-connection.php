<?php
/**
 * Judges the shape of a connection before it is believed. Pure: nothing here needs WordPress.
 *
 * @package Tandem
 */

namespace Tandem;

/**
 * What the service tells when it connects a shop.
 */
final class Told_Connection {

	const VERSION = 1;

	/**
	 * What is wrong with it, in a sentence for the service's log; '' where nothing is. Not translated, and never quoting it.
	 *
	 * @param mixed $told The JSON body.
	 */
	public static function problem( $told ): string {
		if ( ! is_array( $told ) || self::VERSION !== ( $told['version'] ?? null ) ) {
			return 'The body must be a JSON object with version 1.';
		}
		foreach ( array( 'public_url', 'public_key', 'webhook_url', 'secret' ) as $name ) {
			if ( ! is_string( $told[ $name ] ?? null ) ) {
				return "The member $name must be text.";
			}
		}
		return self::problem_of_texts( $told );
	}

	/**
	 * What is wrong with its texts.
	 *
	 * @param array $told With four texts.
	 */
	private static function problem_of_texts( array $told ): string {
		if ( ! Home::is_safe( $told['public_url'] ) || '/' === substr( $told['public_url'], -1 ) ) {
			return 'The public_url must be an https address without a slash at its end (http on loopback only).';
		}
		$shape = '/^' . preg_quote( $told['public_url'], '/' ) . '\/webhooks\/woocommerce\/[0-9a-f]{1,64}$/D';
		if ( ! preg_match( $shape, $told['webhook_url'] ) ) {
			return 'The webhook_url must be a hexadecimal key under /webhooks/woocommerce/ of the public_url.';
		}
		if ( ! preg_match( '/^[0-9a-f]{32}$/D', $told['public_key'] ) ) {
			return 'The public_key must be 32 hexadecimal digits in lower case.';
		}
		if ( ! preg_match( '/^[A-Za-z0-9]{40}$/D', $told['secret'] ) ) {
			return 'The secret must be 40 letters and digits.';
		}
		return '';
	}
}
