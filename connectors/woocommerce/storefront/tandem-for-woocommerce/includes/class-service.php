<?php
/**
 * Calls to Tandem, signed with the shop's secret. Never made while a shopper waits.
 *
 * @package Tandem
 */

namespace Tandem;

defined( 'ABSPATH' ) || exit;

/**
 * The service's side of `/woocommerce/plugin/<public key>/<call>`.
 */
final class Service {

	/**
	 * Seconds a call may take.
	 */
	const TIMEOUT = 8;

	/**
	 * Calls the service: `Service::call( 'orders', array( 'order_ids' => array( '1042' ) ) )`.
	 *
	 * @param string $call    sign-in, state or orders.
	 * @param array  $body    What to tell; an empty array is told as an object.
	 * @param int    $timeout Seconds.
	 * @return array|\WP_Error What it answered, or an error whose message is a sentence for the merchant. Its data are
	 *                         `array( 'status' => int )`, 0 where nothing was answered.
	 */
	public static function call( string $call, array $body, int $timeout = self::TIMEOUT ) {
		$connection = Connection::current();
		if ( ! $connection->speaks() ) {
			return self::error( 'tandem_silent', __( 'This shop is not connected to Tandem, or is a copy of the connected one, so nothing was asked.', 'tandem-for-woocommerce' ), 0 );
		}
		$raw    = (string) wp_json_encode( (object) $body );
		$time   = time();
		$url    = $connection->public_url() . '/woocommerce/plugin/' . $connection->public_key() . '/' . $call;
		$answer = wp_remote_post(
			$url,
			array(
				'timeout'            => $timeout,
				// A redirected POST arrives as a GET without its body, or at a host nobody meant.
				'redirection'        => 0,
				'reject_unsafe_urls' => Home::is_guarded( $url ),
				'sslverify'          => true,
				'user-agent'         => self::user_agent(),
				'headers'            => array(
					'Content-Type'       => 'application/json',
					'Accept'             => 'application/json',
					'X-Tandem-Timestamp' => (string) $time,
					'X-Tandem-Signature' => Signature::of_call( $raw, $connection->secret(), $call, $time ),
				),
				'body'               => $raw,
			)
		);
		return self::read( $answer );
	}

	/**
	 * How we call ourselves.
	 */
	public static function user_agent(): string {
		return 'WooCommerce/' . WC_VERSION . ' Tandem/' . TANDEM_VERSION;
	}

	/**
	 * What an answer says.
	 *
	 * @param array|\WP_Error $answer Of wp_remote_post.
	 * @return array|\WP_Error
	 */
	private static function read( $answer ) {
		if ( is_wp_error( $answer ) ) {
			return self::error( 'tandem_unreachable', __( 'Tandem could not be reached. Nothing is lost; please try again in a few minutes.', 'tandem-for-woocommerce' ), 0 );
		}
		$status = (int) wp_remote_retrieve_response_code( $answer );
		$said   = json_decode( wp_remote_retrieve_body( $answer ), true );
		if ( 200 === $status && is_array( $said ) ) {
			return $said;
		}
		return self::error( 'tandem_refused', self::sentence( $status, $said ), $status );
	}

	/**
	 * What the merchant reads of a refusal.
	 *
	 * @param int   $status HTTP status.
	 * @param mixed $said   The answer's JSON.
	 */
	private static function sentence( int $status, $said ): string {
		if ( 401 === $status ) {
			return __( 'Tandem does not know this shop any longer, or the clock of this server is off by more than five minutes. Connect the shop again.', 'tandem-for-woocommerce' );
		}
		if ( 400 === $status && is_array( $said ) && is_string( $said['error'] ?? null ) ) {
			return sanitize_text_field( $said['error'] );
		}
		return sprintf(
			/* translators: %d: HTTP status, such as 503 */
			__( 'Tandem did not answer as expected (HTTP %d). Nothing is lost; please try again in a few minutes.', 'tandem-for-woocommerce' ),
			$status
		);
	}

	/**
	 * An error with its HTTP status.
	 *
	 * @param string $code     Of the error.
	 * @param string $sentence For the merchant.
	 * @param int    $status   HTTP status, or 0.
	 */
	private static function error( string $code, string $sentence, int $status ): \WP_Error {
		return new \WP_Error( $code, $sentence, array( 'status' => $status ) );
	}
}
