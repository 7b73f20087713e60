<?php
/**
 * What is kept with an order at checkout, so that later events carry the shopper's browser and not that of whoever
 * changes the order: a payment company's server, the merchant, a clock.
 *
 * @package Tandem
 */

namespace Tandem;

defined( 'ABSPATH' ) || exit;

/**
 * Makes order meta of what the browser showed. Pure: time and version are passed in.
 */
final class Frozen_Signals {

	const MAX_USER_AGENT = 1000;

	/**
	 * Keys that others write too; on uninstall only ours go.
	 */
	const SHARED_KEYS = array( '_fbp', '_fbc' );

	/**
	 * Keys that tell of a person; a refusal takes them away.
	 */
	const PERSONAL_KEYS = array(
		'_fbp',
		'_fbc',
		'_tandem_fbclid',
		'_tandem_fbclid_seen',
		'_tandem_ip',
		'_tandem_user_agent',
		'_tandem_landing_page',
		'_tandem_checkout_token',
	);

	/**
	 * The order meta by key. Where marketing was refused, nothing beyond the refusal is kept.
	 *
	 * @param array  $seen    Of Browser::seen(), with `entry` and `began` of the session where they are known.
	 * @param array  $consent Of Consent::stated().
	 * @param string $token   Of this checkout, or ''.
	 * @param float  $now     Milliseconds since 1970.
	 * @param string $version Of this plugin.
	 * @return array Texts; what is not known is not there.
	 */
	public static function of( array $seen, array $consent, string $token, float $now, string $version ): array {
		$kept = array(
			'_tandem_consent' => array() === $consent ? '' : (string) json_encode( $consent ), // phpcs:ignore WordPress.WP.AlternativeFunctions -- plain ASCII words only.
			'_tandem_version' => $version,
		);
		if ( ! Consent::is_refused( $consent ) ) {
			$kept += self::personal( $seen, $now ) + array( '_tandem_checkout_token' => $token );
		}
		return array_filter( $kept, 'strlen' );
	}

	/**
	 * What tells of the person.
	 *
	 * @param array $seen Of Browser::seen().
	 * @param float $now  Milliseconds since 1970.
	 */
	private static function personal( array $seen, float $now ): array {
		$seen += array_fill_keys( array( 'fbp', 'fbc', 'click', 'landing_page', 'entry', 'began', 'ip', 'user_agent' ), '' );
		$click = Click::in_cookie( $seen['click'], $now );
		if ( array() === $click ) {
			$click = Click::in_session( $seen['entry'], $seen['began'], $now );
		}
		$landing = Landing_Page::clean( $seen['landing_page'] );
		return array(
			'_fbp'                 => Click::is_metas( $seen['fbp'] ) ? $seen['fbp'] : '',
			'_fbc'                 => Click::is_metas( $seen['fbc'] ) ? $seen['fbc'] : '',
			'_tandem_fbclid'       => $click['fbclid'] ?? '',
			'_tandem_fbclid_seen'  => isset( $click['seen'] ) ? number_format( $click['seen'], 0, '', '' ) : '',
			'_tandem_ip'           => $seen['ip'],
			'_tandem_user_agent'   => self::user_agent( $seen['user_agent'] ),
			'_tandem_landing_page' => '' !== $landing ? $landing : Landing_Page::clean( $seen['entry'] ),
		);
	}

	/**
	 * A user agent of bearable length, without line breaks and the like; '' where it is no text at all.
	 *
	 * @param string $told By the browser.
	 */
	private static function user_agent( string $told ): string {
		$printable = (string) preg_replace( '/[\x00-\x1f\x7f]+/', ' ', $told );
		return preg_match( '/^.{0,' . self::MAX_USER_AGENT . '}/us', $printable, $cut ) ? trim( $cut[0] ) : '';
	}
}
