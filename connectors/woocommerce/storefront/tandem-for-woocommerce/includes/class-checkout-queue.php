<?php
/**
 * Tells the service of checkouts, in the background.
 *
 * Action Scheduler keeps what it ran for a month, so it gets nothing but the checkout's token. The body, with the
 * shopper's address in it, lies in a transient that is deleted once it is told, and lives for an hour at most.
 *
 * @package Tandem
 */

namespace Tandem;

defined( 'ABSPATH' ) || exit;

/**
 * One waiting action a checkout at most; what is put while it waits replaces what was to be told.
 */
final class Checkout_Queue {

	const HOOK  = 'tandem_tell_checkout';
	const GROUP = 'tandem';

	/**
	 * Before the names of the transients.
	 */
	const BODY = 'tandem_checkout_';

	/**
	 * Seconds until it is tried again; after the last it is given up, as the order itself will come in any case.
	 */
	const PAUSES = array( 60, 300 );

	/**
	 * Registers what Action Scheduler calls.
	 */
	public static function register() {
		add_action( self::HOOK, array( self::class, 'tell' ), 10, 2 );
	}

	/**
	 * Puts a body into the queue once the shopper has the answer; called while WordPress shuts down.
	 *
	 * @param string $token Of the checkout.
	 * @param array  $body  Of Checkout_Body::of().
	 */
	public static function put( string $token, array $body ) {
		$kept = (string) wp_json_encode( $body );
		// After everything else: the session is saved by then, and nobody can print any more.
		add_action(
			'shutdown',
			static function () use ( $token, $kept ) {
				self::keep( $token, $kept );
			},
			PHP_INT_MAX
		);
	}

	/**
	 * Forgets what still waits to be told of a checkout; its action will find nothing.
	 *
	 * @param string $token Of the checkout.
	 * @return bool Whether anything waited.
	 */
	public static function take_back( string $token ): bool {
		return '' !== $token && delete_transient( self::BODY . $token );
	}

	/**
	 * Tells the service, and tries again later where that may help.
	 *
	 * @param string $token   Of the checkout.
	 * @param int    $attempt How often it was tried before.
	 */
	public static function tell( $token, $attempt = 0 ) {
		$kept = get_transient( self::BODY . $token );
		if ( ! is_string( $kept ) ) {
			return;
		}
		$may_help = Connection::current()->speaks() && self::post( $kept );
		if ( $may_help && isset( self::PAUSES[ (int) $attempt ] ) ) {
			as_schedule_single_action( time() + self::PAUSES[ (int) $attempt ], self::HOOK, array( $token, (int) $attempt + 1 ), self::GROUP );
			return;
		}
		if ( get_transient( self::BODY . $token ) === $kept ) {
			delete_transient( self::BODY . $token );
		} else {
			// Something newer was put while we were telling, and is_queued() saw this very action and made none.
			as_enqueue_async_action( self::HOOK, array( $token, 0 ), self::GROUP );
		}
	}

	/**
	 * Keeps a body until it is told. Without Action Scheduler it is told at once, and once only; a shopper who could not be
	 * let go does not wait for the service's answer.
	 *
	 * @param string $token Of the checkout.
	 * @param string $kept  The body, as JSON.
	 */
	private static function keep( string $token, string $kept ) {
		$is_gone = self::finish_request();
		try {
			set_transient( self::BODY . $token, $kept, HOUR_IN_SECONDS );
			if ( ! self::is_queued( $token ) ) {
				delete_transient( self::BODY . $token );
				self::post( $kept, $is_gone );
			}
		} catch ( \Throwable $error ) {
			Complaint::about( 'The beginning of a checkout could not be queued', $error );
		}
	}

	/**
	 * Lets the shopper go, where the web server can: the answer ends here, and PHP goes on.
	 *
	 * @return bool Whether it could.
	 */
	private static function finish_request(): bool {
		foreach ( array( 'fastcgi_finish_request', 'litespeed_finish_request' ) as $finish ) {
			if ( function_exists( $finish ) ) {
				return (bool) $finish();
			}
		}
		return false;
	}

	/**
	 * Whether Action Scheduler has an action for a checkout, or takes one.
	 *
	 * @param string $token Of the checkout.
	 */
	private static function is_queued( string $token ): bool {
		if ( ! function_exists( 'as_has_scheduled_action' ) ) {
			return false;
		}
		$args = array( $token, 0 );
		return as_has_scheduled_action( self::HOOK, $args, self::GROUP ) || 0 !== as_enqueue_async_action( self::HOOK, $args, self::GROUP );
	}

	/**
	 * Posts a body as WooCommerce posts its webhooks, signed with the same secret.
	 *
	 * @param string $kept The body, without its `_links`.
	 * @param bool   $wait Whether to wait for an answer.
	 * @return bool Whether to try again would help.
	 */
	private static function post( string $kept, bool $wait = true ): bool {
		$connection = Connection::current();
		$raw        = self::with_links( $kept );
		$answer     = wp_remote_post(
			$connection->webhook_url(),
			array(
				'timeout'            => $wait ? Service::TIMEOUT : 1,
				'blocking'           => $wait,
				'redirection'        => 0,
				'reject_unsafe_urls' => Home::is_guarded( $connection->webhook_url() ),
				'sslverify'          => true,
				'user-agent'         => Service::user_agent(),
				'headers'            => self::headers( $raw, $connection->secret() ),
				'body'               => $raw,
			)
		);
		if ( ! $wait ) {
			return false;
		}
		$status = is_wp_error( $answer ) ? 0 : (int) wp_remote_retrieve_response_code( $answer );
		if ( $status < 200 || $status > 299 ) {
			Complaint::that( sprintf( 'The beginning of a checkout was not taken by Tandem (HTTP %d).', $status ) );
		}
		// A 4xx would be said again of the same body; 0 is no answer at all.
		return 0 === $status || 429 === $status || $status >= 500;
	}

	/**
	 * The body with the address of this shop, which the service compares with the one it connected. Added here and not in
	 * the shopper's request, where plugins for several languages change addresses.
	 *
	 * @param string $kept JSON.
	 */
	private static function with_links( string $kept ): string {
		$body             = json_decode( $kept );
		$body->{'_links'} = array( 'self' => array( array( 'href' => rest_url( 'wc/v3/' ) ) ) );
		return (string) wp_json_encode( $body );
	}

	/**
	 * The headers of a webhook of WooCommerce.
	 *
	 * @param string $raw    The body.
	 * @param string $secret The shop's secret.
	 */
	private static function headers( string $raw, string $secret ): array {
		return array(
			'Content-Type'             => 'application/json',
			'X-WC-Webhook-Source'      => Connection::home_now() . '/',
			'X-WC-Webhook-Topic'       => 'checkout.created',
			'X-WC-Webhook-Resource'    => 'checkout',
			'X-WC-Webhook-Event'       => 'created',
			'X-WC-Webhook-Signature'   => Signature::of_webhook( $raw, $secret ),
			'X-WC-Webhook-ID'          => '0',
			'X-WC-Webhook-Delivery-ID' => bin2hex( random_bytes( 16 ) ),
		);
	}
}
