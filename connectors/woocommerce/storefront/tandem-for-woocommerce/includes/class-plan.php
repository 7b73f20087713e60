<?php
/**
 * The plan of the Pixel: what it tells Meta from the shop's pages, and how. The service tells it with the connection.
 *
 * @package Tandem
 */

namespace Tandem;

defined( 'ABSPATH' ) || exit;

/**
 * Judges and keeps it. But for what is decided here on the server, it stands in pages for everyone to read, so there is no
 * secret in it.
 */
final class Plan {

	const OPTION = 'tandem_pixel';

	const VERSION = 1;

	/**
	 * Members that have one of a few words.
	 */
	const WORDS = array(
		'purchase_when'    => array( 'paid', 'placed' ),
		'cod_when'         => array( 'placed', 'paid' ),
		'value_basis'      => array( 'total', 'without_shipping', 'without_tax', 'subtotal' ),
		'limited_data_use' => array( 'auto', 'always', 'never' ),
		'carrier'          => array( 'fbq', 'image' ),
	);

	/**
	 * Members that are text of a shape.
	 */
	const SHAPES = array(
		'store_key'           => '/^[A-Za-z0-9]{1,32}$/D',
		'event_id_template'   => '/^(?:[^{}\x00-\x1f\x7f]|\{(?:order_id|order_number|store_key)\}){1,200}$/D',
		'content_id_template' => '/^(?:[^{}\x00-\x1f\x7f]|\{(?:variant_id|product_id|sku)\}){1,200}$/D',
	);

	/**
	 * Members that are lists of texts of a shape.
	 */
	const LISTS = array(
		'datasets' => '/^[0-9]{1,32}$/D',
		'events'   => '/^[A-Za-z]{1,40}$/D',
	);

	/**
	 * Members that are decided on the server and stand in no page: what the merchant leaves out of a shopper's data, and the
	 * items never named. A service of before told neither.
	 */
	const FOR_US_ALONE = array(
		'leave_out'   => '/^[a-z_]{1,40}$/D',
		'never_named' => '/^[^\x00-\x1f\x7f]{1,100}$/Du',
	);

	/**
	 * Of which of the merchant's words what Meta may know of a buyer is one.
	 */
	const LEFT_OUT_AS = array(
		'external_id' => 'customer_id',
		'em'          => 'email',
		'ph'          => 'phone',
		'fn'          => 'name',
		'ln'          => 'name',
		'ct'          => 'city',
		'st'          => 'state',
		'zp'          => 'postcode',
		'country'     => 'country',
	);

	const MOST        = 50;
	const MOST_FOR_US = 100;

	/**
	 * The plan kept; an empty array where there is none, and then the Pixel is not there at all.
	 */
	public static function current(): array {
		$kept = get_option( self::OPTION );
		return is_array( $kept ) ? $kept : array();
	}

	/**
	 * A plan as it may stand in a page. Pure.
	 *
	 * @param array $plan Whole.
	 */
	public static function shown( array $plan ): array {
		return array_diff_key( $plan, self::FOR_US_ALONE );
	}

	/**
	 * A buyer without what the merchant leaves out. Pure.
	 *
	 * @param array $buyer Of Order_Facts.
	 * @param array $plan  Whole.
	 */
	public static function without_left_out( array $buyer, array $plan ): array {
		$kept = array_diff( self::LEFT_OUT_AS, $plan['leave_out'] ?? array() );
		return array_intersect_key( $buyer, $kept );
	}

	/**
	 * Keeps the plan told. One we cannot read, of a later service perhaps, is none: the connection stands without it.
	 *
	 * @param array $told The connection, already looked at; its member `pixel` is the plan.
	 * @return bool Whether anything is other than before.
	 */
	public static function remember( array $told ): bool {
		$plan = self::clean( $told['pixel'] ?? null, $told['public_url'] . '/s/' . $told['public_key'] );
		if ( self::current() === $plan ) {
			return false;
		}
		// Autoloaded: every page of the shop reads it.
		return array() === $plan ? self::forget() : update_option( self::OPTION, $plan, true );
	}

	/**
	 * Forgets it.
	 *
	 * @return bool Whether there was one.
	 */
	public static function forget(): bool {
		return delete_option( self::OPTION );
	}

	/**
	 * A plan with exactly the members we know, or an empty array where one of them is not as it must be. Pure.
	 *
	 * @param mixed  $told   Of the service.
	 * @param string $beacon Where browsers of this shop are heard.
	 */
	public static function clean( $told, string $beacon ): array {
		if ( ! is_array( $told ) || self::VERSION !== ( $told['version'] ?? null ) || ! is_bool( $told['tells'] ?? null ) || ( $told['beacon'] ?? null ) !== $beacon ) {
			return array();
		}
		$plan = array(
			'version' => self::VERSION,
			'beacon'  => $beacon,
			'tells'   => $told['tells'],
		);
		foreach ( self::LISTS as $name => $shape ) {
			$plan[ $name ] = self::listed( $told[ $name ] ?? null, $shape );
		}
		foreach ( self::SHAPES as $name => $shape ) {
			$plan[ $name ] = is_string( $told[ $name ] ?? null ) && preg_match( $shape, $told[ $name ] ) ? $told[ $name ] : null;
		}
		foreach ( self::WORDS as $name => $words ) {
			$plan[ $name ] = in_array( $told[ $name ] ?? null, $words, true ) ? $told[ $name ] : null;
		}
		foreach ( self::FOR_US_ALONE as $name => $shape ) {
			$plan[ $name ] = self::listed( $told[ $name ] ?? array(), $shape, self::MOST_FOR_US );
		}
		return in_array( null, $plan, true ) ? array() : $plan;
	}

	/**
	 * A list of texts of a shape; null for anything else.
	 *
	 * @param mixed  $told  Of the service.
	 * @param string $shape A pattern.
	 * @param int    $most  How many there may be.
	 * @return array|null
	 */
	private static function listed( $told, string $shape, int $most = self::MOST ) {
		if ( ! is_array( $told ) || count( $told ) > $most ) {
			return null;
		}
		foreach ( $told as $one ) {
			if ( ! is_string( $one ) || ! preg_match( $shape, $one ) ) {
				return null;
			}
		}
		return array_values( $told );
	}
}
