<?php
/**
 * A copy of a shop has its webhooks too: in the database that was copied, active, with the secret that signs.
 *
 * @package Tandem
 */

namespace Tandem;

defined( 'ABSPATH' ) || exit;

/**
 * Keeps those of Tandem's silent on a copy; others are none of our business.
 */
final class Copied_Webhooks {

	/**
	 * Whether WooCommerce is to deliver a webhook.
	 *
	 * @param bool        $should  What WooCommerce would do.
	 * @param \WC_Webhook $webhook Whose delivery it is.
	 */
	public static function judge( $should, $webhook ): bool {
		$connection = Connection::current();
		$is_ours    = $connection->is_connected() && $connection->webhook_url() === $webhook->get_delivery_url();
		return (bool) $should && ! ( $is_ours && $connection->is_copy() );
	}
}
