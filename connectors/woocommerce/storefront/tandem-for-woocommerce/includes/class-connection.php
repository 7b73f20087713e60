<?php
/**
 * What the service told us when this shop was connected, and whether this is still that shop.
 *
 * @package Tandem
 */

namespace Tandem;

defined( 'ABSPATH' ) || exit;

/**
 * The connection of this shop; all texts are '' while there is none.
 */
final class Connection {

	const OPTION = 'tandem_connection';

	/**
	 * The option as it was read.
	 *
	 * @var array
	 */
	private $kept;

	/**
	 * Use current() instead.
	 *
	 * @param array $kept What the option holds.
	 */
	private function __construct( array $kept ) {
		$this->kept = $kept;
	}

	/**
	 * The connection as it is now; read anew each time, since the service may change it while a queue runs.
	 */
	public static function current(): self {
		$kept = get_option( self::OPTION );
		return new self( is_array( $kept ) ? $kept : array() );
	}

	/**
	 * Keeps what the service told, and for which shop.
	 *
	 * @param array $told public_url, public_key, webhook_url and secret, already looked at.
	 * @return bool Whether anything is other than before.
	 */
	public static function remember( array $told ): bool {
		$before = get_option( self::OPTION );
		$now    = array(
			'public_url'  => $told['public_url'],
			'public_key'  => $told['public_key'],
			'webhook_url' => $told['webhook_url'],
			'secret'      => $told['secret'],
			// Who copies a shop replaces its address in the whole database; in base64 ours is left as it was.
			'home'        => base64_encode( self::home_now() ), // phpcs:ignore WordPress.PHP.DiscouragedPHPFunctions
			'production'  => 'production' === wp_get_environment_type(),
		);
		if ( $now === $before ) {
			return false;
		}
		// Not autoloaded: the secret has no business in the memory of every page view.
		update_option( self::OPTION, $now, false );
		return true;
	}

	/**
	 * Forgets the connection.
	 *
	 * @return bool Whether there was one.
	 */
	public static function forget(): bool {
		Plan::forget();
		return delete_option( self::OPTION );
	}

	/**
	 * The address of this shop's front page, without a slash at its end.
	 *
	 * Taken from the option, since plugins for several languages give each its own home_url().
	 */
	public static function home_now(): string {
		return untrailingslashit( (string) get_option( 'home' ) );
	}

	/**
	 * Where Tandem answers.
	 */
	public function public_url(): string {
		return $this->text( 'public_url' );
	}

	/**
	 * The name of this shop in Tandem's addresses.
	 */
	public function public_key(): string {
		return $this->text( 'public_key' );
	}

	/**
	 * Where webhooks and checkout.created go.
	 */
	public function webhook_url(): string {
		return $this->text( 'webhook_url' );
	}

	/**
	 * The secret that signs; for Service and Checkout_Post only, never for a page.
	 */
	public function secret(): string {
		return $this->text( 'secret' );
	}

	/**
	 * The address this shop had when it was connected.
	 */
	public function home(): string {
		return (string) base64_decode( $this->text( 'home' ), true ); // phpcs:ignore WordPress.PHP.DiscouragedPHPFunctions
	}

	/**
	 * Whether the service told us where it is and what signs.
	 */
	public function is_connected(): bool {
		return '' !== $this->secret() && '' !== $this->webhook_url();
	}

	/**
	 * Whether this is a copy of the connected shop: a staging site, or one that moved.
	 */
	public function is_copy(): bool {
		return $this->is_connected() && ( $this->is_elsewhere() || $this->is_tried_out() );
	}

	/**
	 * Whether this shop has another address than the one that was connected.
	 */
	public function is_elsewhere(): bool {
		return Home::key( $this->home() ) !== Home::key( self::home_now() );
	}

	/**
	 * Whether WordPress calls itself a staging, development or local site, and did not when it was connected.
	 */
	public function is_tried_out(): bool {
		return ! empty( $this->kept['production'] ) && 'production' !== wp_get_environment_type();
	}

	/**
	 * Whether anything may leave this shop. `define( 'TANDEM_SILENT', true );` or the filter keep it silent.
	 */
	public function speaks(): bool {
		$speaks = $this->is_connected() && ! $this->is_copy() && ! ( defined( 'TANDEM_SILENT' ) && TANDEM_SILENT );
		/**
		 * Silences the plugin; a silent copy cannot be made to speak by it.
		 *
		 * @param bool $speaks Whether anything may leave this shop.
		 */
		return $speaks && (bool) apply_filters( 'tandem_speaks', $speaks );
	}

	/**
	 * A text of the option.
	 *
	 * @param string $name Its name.
	 */
	private function text( string $name ): string {
		return isset( $this->kept[ $name ] ) && is_string( $this->kept[ $name ] ) ? $this->kept[ $name ] : '';
	}
}
