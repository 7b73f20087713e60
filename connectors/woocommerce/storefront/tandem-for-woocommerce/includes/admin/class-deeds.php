<?php
/**
 * What a merchant does by a button: connect, save, open the dashboard, forget.
 *
 * @package Tandem
 */

namespace Tandem\Admin;

use Tandem\Connection;
use Tandem\Service;
use Tandem\Settings;

defined( 'ABSPATH' ) || exit;

/**
 * Each is one POST to admin-post.php with a nonce of its own.
 */
final class Deeds {

	/**
	 * The deeds, and who does them.
	 *
	 * @return array<string, string>
	 */
	public static function all(): array {
		return array(
			'connect'   => 'connect',
			'save'      => 'save',
			'dashboard' => 'open_dashboard',
			'forget'    => 'forget',
		);
	}

	/**
	 * The form around a button, with its nonce.
	 *
	 * @param string $deed One of all().
	 */
	public static function fields( string $deed ) {
		printf( '<input type="hidden" name="action" value="%s">', esc_attr( 'tandem_' . $deed ) );
		wp_nonce_field( 'tandem_' . $deed );
	}

	/**
	 * Sends the merchant to Tandem, which sends them to WooCommerce's own page of approval and back.
	 */
	public static function connect() {
		self::demand( 'connect' );
		// phpcs:ignore WordPress.Security.NonceVerification.Missing -- demand() has looked at it.
		$typed = isset( $_POST['service'] ) ? sanitize_text_field( wp_unslash( $_POST['service'] ) ) : '';
		if ( '' !== $typed && ! Service_Address::keep( $typed ) ) {
			self::back( 'no-address' );
		}
		$service = Service_Address::known();
		if ( '' === $service ) {
			self::back( 'no-address' );
		}
		self::leave( $service . '/woocommerce/connect?store=' . rawurlencode( Connection::home_now() ), $service );
	}

	/**
	 * Keeps the settings.
	 */
	public static function save() {
		self::demand( 'save' );
		Settings::keep(
			array(
				// phpcs:disable WordPress.Security.NonceVerification.Missing -- demand() has looked at it.
				'checkout_created' => isset( $_POST['checkout_created'] ),
				'ip_header'        => isset( $_POST['ip_header'] ) ? sanitize_text_field( wp_unslash( $_POST['ip_header'] ) ) : '',
				// phpcs:enable
			)
		);
		self::back( 'saved' );
	}

	/**
	 * Asks for a code that is good once and for a minute, and follows it to the dashboard.
	 */
	public static function open_dashboard() {
		self::demand( 'dashboard' );
		$answer = Service::call(
			'sign-in',
			array(
				'nonce' => bin2hex( random_bytes( 16 ) ),
				'user'  => (string) get_current_user_id(),
			)
		);
		$service = Connection::current()->public_url();
		$address = ! is_wp_error( $answer ) && is_string( $answer['url'] ?? null ) ? $answer['url'] : '';
		if ( '' === $service || 0 !== strpos( $address, $service . '/sign-in?' ) ) {
			set_transient( self::trouble_of_mine(), is_wp_error( $answer ) ? $answer->get_error_message() : '', MINUTE_IN_SECONDS );
			self::back( 'no-dashboard' );
		}
		self::leave( $address, $service );
	}

	/**
	 * Forgets the connection here; what Tandem set up in WooCommerce, only Tandem can take away.
	 */
	public static function forget() {
		self::demand( 'forget' );
		Connection::forget();
		self::back( 'forgotten' );
	}

	/**
	 * Where what went wrong is kept for the one who asked, until the page is shown.
	 */
	public static function trouble_of_mine(): string {
		return 'tandem_trouble_' . get_current_user_id();
	}

	/**
	 * Ends the request unless a merchant meant it.
	 *
	 * @param string $deed One of all().
	 */
	private static function demand( string $deed ) {
		check_admin_referer( 'tandem_' . $deed );
		if ( ! current_user_can( Admin::CAPABILITY ) ) {
			wp_die( esc_html__( 'Only those who manage this shop may do that.', 'tandem-for-woocommerce' ), '', array( 'response' => 403 ) );
		}
	}

	/**
	 * Back to the page.
	 *
	 * @param string $said What it is to say; one of Page's words.
	 * @return never
	 */
	private static function back( string $said ) {
		wp_safe_redirect( add_query_arg( 'tandem', $said, Admin::page() ) );
		exit;
	}

	/**
	 * On to Tandem, and nowhere else.
	 *
	 * @param string $address Where.
	 * @param string $service Tandem's address, whose host is allowed for this once.
	 * @return never
	 */
	private static function leave( string $address, string $service ) {
		add_filter(
			'allowed_redirect_hosts',
			static function ( $hosts ) use ( $service ) {
				return array_merge( (array) $hosts, array( (string) wp_parse_url( $service, PHP_URL_HOST ) ) );
			}
		);
		wp_safe_redirect( $address, 302, 'Tandem' );
		exit;
	}
}
