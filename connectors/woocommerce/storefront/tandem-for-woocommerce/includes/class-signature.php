<?php
/**
 * HMAC-SHA256 over the raw bytes, as WooCommerce signs its webhooks. Pure: nothing here needs WordPress.
 *
 * @package Tandem
 */

namespace Tandem;

/**
 * Signs what leaves for the service.
 */
final class Signature {

	/**
	 * What X-WC-Webhook-Signature says: base64 of HMAC-SHA256(secret, body).
	 *
	 * @param string $body   The raw body.
	 * @param string $secret The shop's secret.
	 */
	public static function of_webhook( string $body, string $secret ): string {
		return base64_encode( hash_hmac( 'sha256', $body, $secret, true ) ); // phpcs:ignore WordPress.PHP.DiscouragedPHPFunctions
	}

	/**
	 * What X-Tandem-Signature says. Time and call are signed too: a call overheard is no other call, and not good for long.
	 *
	 * @param string $body   The raw body.
	 * @param string $secret The shop's secret.
	 * @param string $call   The last part of the address.
	 * @param int    $time   Seconds since 1970.
	 */
	public static function of_call( string $body, string $secret, string $call, int $time ): string {
		return self::of_webhook( $time . '.' . $call . '.' . $body, $secret );
	}
}
