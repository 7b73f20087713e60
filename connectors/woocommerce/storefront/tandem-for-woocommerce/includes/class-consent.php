<?php
/**
 * What the shopper said about marketing, as the shop's consent plugin knows it.
 *
 * @package Tandem
 */

namespace Tandem;

defined( 'ABSPATH' ) || exit;

/**
 * Asks the WP Consent API (https://wordpress.org/plugins/wp-consent-api/), and any banner that answers our filter.
 */
final class Consent {

	/**
	 * What is stated now; a member is absent where nothing was.
	 *
	 * @return array `marketing` and `sale_of_data` (true allows, false refuses), `source`, `type`.
	 */
	public static function stated(): array {
		$type   = function_exists( 'wp_get_consent_type' ) ? (string) wp_get_consent_type() : '';
		$has    = ! function_exists( 'wp_has_consent' ) || wp_has_consent( 'marketing' );
		$stated = self::weigh( $type, $has, self::cookie(), '1' === Browser::header( 'Sec-GPC' ) );
		/**
		 * For banners that do not speak the WP Consent API: add `marketing` (true or false) where the shopper chose.
		 *
		 * @param array $stated `marketing`, `sale_of_data`, `source`, `type`, each of them optional.
		 */
		return self::clean( apply_filters( 'tandem_consent', $stated ) );
	}

	/**
	 * Whether marketing was refused.
	 *
	 * @param array $stated Of stated().
	 */
	public static function is_refused( array $stated ): bool {
		return false === ( $stated['marketing'] ?? null );
	}

	/**
	 * What the parts mean together. Pure.
	 *
	 * `wp_has_consent()` also says yes where nobody was asked: with no consent plugin, and for opt-out regimes before a
	 * choice. That is no statement of the shopper, so it is left open, and the service judges by the country.
	 *
	 * @param string $type   optin, optout or another word of the consent plugin; '' where there is none.
	 * @param bool   $has    What wp_has_consent( 'marketing' ) says.
	 * @param string $cookie `allow`, `deny` or ''.
	 * @param bool   $gpc    Whether the browser sent Global Privacy Control.
	 */
	public static function weigh( string $type, bool $has, string $cookie, bool $gpc ): array {
		$stated = array();
		if ( ! $has || 'deny' === $cookie ) {
			$stated['marketing'] = false;
		} elseif ( 'allow' === $cookie || ( '' !== $type && false === strpos( $type, 'optout' ) ) ) {
			$stated['marketing'] = true;
		}
		if ( $gpc ) {
			$stated['sale_of_data'] = false;
		}
		if ( isset( $stated['marketing'] ) || '' !== $type ) {
			$stated['source'] = 'wp-consent-api';
		} elseif ( $gpc ) {
			$stated['source'] = 'gpc';
		}
		return '' === $type ? $stated : $stated + array( 'type' => $type );
	}

	/**
	 * Whatever a filter made of it, made into a statement again. Pure.
	 *
	 * @param mixed $stated Of the filter.
	 */
	public static function clean( $stated ): array {
		$clean = array();
		foreach ( is_array( $stated ) ? $stated : array() as $name => $value ) {
			$is_answer = in_array( $name, array( 'marketing', 'sale_of_data' ), true ) && is_bool( $value );
			$is_word   = in_array( $name, array( 'source', 'type' ), true ) && is_string( $value ) && preg_match( '/^[A-Za-z0-9_.-]{1,40}$/D', $value );
			if ( $is_answer || $is_word ) {
				$clean[ $name ] = $value;
			}
		}
		return $clean;
	}

	/**
	 * The WP Consent API's own cookie of marketing; its prefix can be changed by hosts.
	 */
	private static function cookie(): string {
		$prefix = 'wp_consent';
		if ( class_exists( '\WP_CONSENT_API' ) && isset( \WP_CONSENT_API::$config ) && is_callable( array( \WP_CONSENT_API::$config, 'consent_cookie_prefix' ) ) ) {
			$prefix = (string) \WP_CONSENT_API::$config->consent_cookie_prefix();
		}
		return function_exists( 'wp_has_consent' ) ? Browser::cookie( $prefix . '_marketing' ) : '';
	}
}
